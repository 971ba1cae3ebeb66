/**
 * A circuit on disk: a folder with `circuit.json` (every candidate site), `gates.safetensors` (one tensor `gates`, in the order of
 * those sites) and `certificate.json`. Whole or not there at all.
 */
import type { Certificate, CircuitFile } from '../../preload/contract/symbiote'
import { readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseAddress } from '../../preload/contract/address'
import { UserError } from '../../preload/contract/errors'
import { circuitFileSchema } from '../../preload/contract/symbiote'
import { besides, syncFolder, writeAtomic } from './atomic'
import { isMissing, withPath } from './fileErrors'
import { checkJson } from './json'
import { withFile } from './reading'
import { writeSafetensors } from './safetensors'

export const CIRCUIT_FILE = 'circuit.json'
export const GATES_FILE = 'gates.safetensors'
export const CERTIFICATE_FILE = 'certificate.json'

/** A line of some 80 bytes for each weight of a large primary. */
const LIMIT = 512 * 1024 * 1024

export interface Circuit {
  file: CircuitFile
  /** What each site is multiplied with, in the order of the file's sites. */
  gates: Float32Array
  certificate: Certificate
}

/** Throws `circuit-exists` where the folder holds anything (with `replace` its circuit is replaced, file by file), `circuit-invalid` for what `readCircuit` would refuse. */
export async function writeCircuit(folder: string, { file, gates, certificate }: Circuit, { replace = false } = {}): Promise<string> {
  const path = resolve(folder)
  checkCircuit(file, join(path, CIRCUIT_FILE))
  if (gates.length !== file.sites.length) throw new Error(`${gates.length} gates for ${file.sites.length} sites`)
  if (!replace) await requireFree(path)
  const temporary = replace ? path : besides(path)
  try {
    await writeSafetensors(join(temporary, GATES_FILE), { gates: { shape: [gates.length], data: gates } })
    await writeAtomic(join(temporary, CERTIFICATE_FILE), [`${JSON.stringify(certificate, undefined, 2)}\n`])
    await writeAtomic(join(temporary, CIRCUIT_FILE), linesOf(file))
    if (!replace) await withPath(path, 'write', () => moveInto(temporary, path))
    return path
  }
  finally {
    if (!replace) await rm(temporary, { recursive: true, force: true }).catch(() => {})
  }
}

/** Strict: every address one that can be read and named once, every score a number from 0 to 1, at least one site. */
export async function readCircuit(path: string): Promise<CircuitFile> {
  const text = await withFile(path, async (file, size) => {
    if (size > LIMIT) throw invalid(path, `it has ${size} bytes, more than a circuit ever has`)
    return file.readFile('utf8')
  })
  return checkCircuit(checkJson(text, path, circuitFileSchema), path)
}

function checkCircuit(file: CircuitFile, path: string): CircuitFile {
  if (file.sites.length === 0) throw invalid(path, 'it lists no site')
  const seen = new Set<string>()
  for (const [i, { address, score }] of file.sites.entries()) {
    const { error } = parseAddress(address)
    if (error) throw invalid(path, `sites.${i}: ${error.message.replace(/\.$/, '')}`)
    if (seen.has(address)) throw invalid(path, `sites.${i}: ${address} is listed twice`)
    if (!(score >= 0 && score <= 1)) throw invalid(path, `sites.${i}: the score of ${address} is ${score}, and scores are 0 to 1`)
    seen.add(address)
  }
  return file
}

/** A site a line: a file of many sites can be read and compared by eye and by line. */
function* linesOf({ sites, ...rest }: CircuitFile): Generator<string> {
  yield `${JSON.stringify(rest, undefined, 2).replace(/\n\}$/, '')},\n  "sites": [\n`
  for (let i = 0; i < sites.length; i += 1000) {
    const lines = sites.slice(i, i + 1000).map(site => `    ${JSON.stringify(site)}`).join(',\n')
    yield i + 1000 < sites.length ? `${lines},\n` : `${lines}\n  ]\n}\n`
  }
}

/** Throws `circuit-exists` where a folder holds anything. */
export async function requireFree(path: string): Promise<void> {
  const held = await withPath(path, 'read', () => readdir(path).catch((error: unknown): string[] => {
    if (isMissing(error)) return []
    throw error
  }))
  if (held.length > 0) throw new UserError({ code: 'circuit-exists', message: `${path} exists and holds "${held[0]}".`, remedy: 'Choose another name, or remove that folder first.', path })
}

async function moveInto(temporary: string, path: string): Promise<void> {
  // Only an empty folder can be there, and Windows does not rename over one.
  await rmdir(path).catch(() => {})
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

function invalid(path: string, what: string): UserError {
  return new UserError({ code: 'circuit-invalid', message: `${path}: ${what}.`, remedy: 'Correct it, or write the circuit again.', path })
}
