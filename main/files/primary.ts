/** A primary on disk: a folder with `primary.json` and `weights.safetensors`. Not where such folders lie; see `shipped.ts`. */
import type { Tensor } from '../../preload/contract/engine'
import type { PrimaryFile } from '../../preload/contract/primary'
import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../preload/contract/errors'
import { primaryFileSchema } from '../../preload/contract/primary'
import { checkTensors, checkValues, parameterCount } from './architecture'
import { besides, syncFolder, writeAtomic } from './atomic'
import { CHECKPOINT_FILE, removeCheckpoint } from './checkpoint'
import { readDirections } from './directions'
import { isMissing, withPath } from './fileErrors'
import { checkJson, parseJson, readText } from './json'
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from './safetensors'

export const PRIMARY_FILE = 'primary.json'
export const WEIGHTS_FILE = 'weights.safetensors'
/** Of a steered primary; see `prescription.ts`. */
export const PRESCRIPTION_FILE = 'prescription.json'

const OURS = [PRIMARY_FILE, WEIGHTS_FILE, PRESCRIPTION_FILE, CHECKPOINT_FILE]

export interface Primary {
  /** Absolute. */
  path: string
  file: PrimaryFile
  /** Float32, by name. */
  weights: Record<string, Tensor>
  /** Unit vectors by address, `blocks.1.resid_post.direction[name]`; none where there is no such file. */
  directions: Record<string, Float32Array>
  /** SHA-256 of the bytes of `weights.safetensors`. */
  weightsSha256: string
  weightsBytes: number
  parameters: number
}

/** The whole primary, checked: description, tensor names, shapes, finite values, and the hash where the description has one. */
export async function readPrimary(folder: string): Promise<Primary> {
  const path = resolve(folder)
  const file = await readPrimaryFile(path)
  const weightsPath = join(path, WEIGHTS_FILE)
  const { tensors, sha256, bytes } = await readSafetensors(weightsPath)
  checkTensors(shapesOf(Object.entries(tensors)), file.architecture, weightsPath)
  checkValues(tensors, weightsPath)
  const expected = file.provenance?.weightsSha256
  if (expected !== undefined && expected.toLowerCase() !== sha256) {
    throw new UserError({
      code: 'weights-changed',
      message: `${weightsPath} is not the file that ${PRIMARY_FILE} describes: its SHA-256 is ${sha256}, and ${expected} was recorded.`,
      remedy: `Restore the weights from a copy, or, if the change was meant, remove "weightsSha256" from ${join(path, PRIMARY_FILE)}.`,
      path: weightsPath,
    })
  }
  return { path, file, weights: tensors, weightsSha256: sha256, weightsBytes: bytes, parameters: parameterCount(file.architecture, Object.keys(tensors)), directions: await readDirections(path, file.architecture) }
}

/** The description alone. */
export async function readPrimaryFile(folder: string): Promise<PrimaryFile> {
  const path = join(folder, PRIMARY_FILE)
  await requireFolder(folder)
  const text = await readText(path)
  checkKnown(parseJson(text, path), path)
  return checkJson(text, path, primaryFileSchema)
}

/** Description and header of the weights, without reading the weights: enough for a list. */
export async function inspectPrimary(folder: string): Promise<PrimaryFile> {
  const file = await readPrimaryFile(folder)
  const weightsPath = join(folder, WEIGHTS_FILE)
  const { entries } = await readSafetensorsHeader(weightsPath)
  checkTensors(shapesOf(entries.map(entry => [entry.name, entry])), file.architecture, weightsPath)
  return file
}

/**
 * Whole or not at all: beside its place, then moved there in one step; over the checkpoint it was trained from, `primary.json` comes
 * last and until then it is an interrupted run. The hash of the weights goes into its provenance.
 * A folder that holds anything else is an error (`primary-exists`); with `replace`, a primary in it is replaced.
 */
export async function writePrimary(folder: string, primary: { file: PrimaryFile, weights: Record<string, Tensor> }, { replace = false, prescription }: { replace?: boolean, prescription?: string } = {}): Promise<Primary> {
  const path = resolve(folder)
  checkTensors(shapesOf(Object.entries(primary.weights)), primary.file.architecture, join(path, WEIGHTS_FILE))
  checkValues(primary.weights, join(path, WEIGHTS_FILE))
  const place = await withPath(path, 'write', () => placeAt(path, replace))
  if (place === 'run') {
    const written = await writeParts(path, path, primary, prescription)
    await removeCheckpoint(path)
    return written
  }
  const temporary = besides(path)
  try {
    const written = await writeParts(temporary, path, primary, prescription)
    await withPath(path, 'write', () => moveInto(temporary, path, place))
    return written
  }
  catch (error) {
    throw relocated(error, temporary, path)
  }
  finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => {})
  }
}

/** The user knows the place they asked for, not the one beside it. */
function relocated(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof UserError))
    return error
  return new UserError({ ...error.data, message: error.message.replaceAll(from, to), path: error.path?.replace(from, to) ?? to }, { cause: error })
}

async function writeParts(into: string, path: string, { file: { provenance, ...rest }, weights }: { file: PrimaryFile, weights: Record<string, Tensor> }, prescription: string | undefined): Promise<Primary> {
  const { sha256, bytes } = await writeSafetensors(join(into, WEIGHTS_FILE), weights)
  const file: PrimaryFile = { ...rest, provenance: { ...provenance, weightsSha256: sha256 } }
  if (prescription !== undefined)
    await writeAtomic(join(into, PRESCRIPTION_FILE), [prescription])
  await writeAtomic(join(into, PRIMARY_FILE), [`${JSON.stringify(file, undefined, 2)}\n`])
  return { path, file, weights, weightsSha256: sha256, weightsBytes: bytes, parameters: parameterCount(file.architecture, Object.keys(weights)), directions: {} }
}

/** What a primary would replace: nothing, the run it comes from, or another primary. Throws where it must not. */
async function placeAt(path: string, replace: boolean): Promise<'free' | 'run' | 'primary'> {
  const held = await readdir(path).catch((error: unknown): string[] => {
    if (isMissing(error))
      return []
    throw error
  })
  // Replacing deletes, so it deletes only what this program writes.
  const foreign = held.find(name => !OURS.includes(name) && !name.endsWith('.tmp'))
  if (foreign !== undefined)
    throw new UserError({ code: 'primary-exists', message: `${path} exists and holds "${foreign}", which is no part of a primary.`, remedy: 'Choose another name, or move that file away.', path })
  if (held.length === 0)
    return 'free'
  if (held.includes(CHECKPOINT_FILE) && !held.includes(PRIMARY_FILE))
    return 'run'
  if (!replace)
    throw new UserError({ code: 'primary-exists', message: `${path} holds a primary already.`, remedy: 'Choose another name, or remove the folder first.', path })
  return 'primary'
}

/** Folders cannot be exchanged in one step everywhere: the old one steps aside for the moment between two renames. */
async function moveInto(temporary: string, path: string, place: 'free' | 'primary'): Promise<void> {
  if (place === 'free') {
    // Only an empty folder can be there, and Windows does not rename over one.
    await rmdir(path).catch(() => {})
    await rename(temporary, path)
    return syncFolder(dirname(path))
  }
  const aside = besides(path)
  await rename(path, aside)
  try {
    await rename(temporary, path)
  }
  catch (error) {
    await rename(aside, path)
    throw error
  }
  await syncFolder(dirname(path))
  await rm(aside, { recursive: true, force: true }).catch(() => {})
}

async function requireFolder(folder: string): Promise<void> {
  await withPath(folder, 'read', async () => {
    if (!(await stat(folder)).isDirectory())
      throw new UserError({ code: 'not-a-folder', message: `${folder} is a file, and a primary is a folder.`, remedy: `Give the folder that holds ${PRIMARY_FILE} and ${WEIGHTS_FILE}.`, path: folder })
  })
  if (await stat(join(folder, PRIMARY_FILE)).then(() => true, error => !isMissing(error)))
    return
  throw new UserError({
    code: 'primary-missing',
    message: `${folder} holds no primary: there is no ${PRIMARY_FILE} in it.`,
    remedy: `Give a folder that holds ${PRIMARY_FILE} and ${WEIGHTS_FILE}.`,
    path: join(folder, PRIMARY_FILE),
  })
}

const headSchema = z.object({ format: z.string(), architecture: z.object({ kind: z.string() }) })

const KINDS: readonly string[] = ['mlp', 'cnn', 'transformer']

/** Says plainly what a schema would say as a mismatch of literals: a newer format, an architecture of another build. */
function checkKnown(json: unknown, path: string): void {
  const { data } = headSchema.safeParse(json)
  if (data === undefined)
    return
  const version = /^symbiote-primary\/(\d+)$/.exec(data.format)?.[1]
  if (version !== undefined && Number(version) > 1)
    throw new UserError({ code: 'format-newer', message: `${path} is of format ${data.format}, newer than this version of Symbiote, which reads symbiote-primary/1.`, remedy: 'Open it with a newer Symbiote.', path })
  if (!KINDS.includes(data.architecture.kind))
    throw new UserError({ code: 'architecture-unsupported', message: `${path}: this version of Symbiote runs an mlp, a cnn or a transformer, not "${data.architecture.kind.slice(0, 40)}".`, remedy: `Open a primary whose architecture is one of ${KINDS.join(', ')}.`, path })
}

function shapesOf(entries: [string, { shape: number[] }][]): Record<string, number[]> {
  return Object.fromEntries(entries.map(([name, { shape }]) => [name, shape]))
}

/** The name of a folder, for a primary that has none of its own. */
export function nameOf(folder: string): string {
  return basename(resolve(folder))
}
