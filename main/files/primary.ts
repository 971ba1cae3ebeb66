/** A primary on disk: a folder with `primary.json` and `weights.safetensors`. Not where such folders lie; see `shipped.ts`. */
import type { Tensor } from '../../preload/contract/engine'
import type { PrimaryFile } from '../../preload/contract/primary'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../preload/contract/errors'
import { primaryFileSchema } from '../../preload/contract/primary'
import { checkTensors, checkValues, parameterCount } from './architecture'
import { besides, syncFolder, writeAtomic } from './atomic'
import { CHECKPOINT_FILE } from './checkpoint'
import { isMissing, withPath } from './fileErrors'
import { checkJson, parseJson, readText } from './json'
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from './safetensors'

export const PRIMARY_FILE = 'primary.json'
export const WEIGHTS_FILE = 'weights.safetensors'

export interface Primary {
  /** Absolute. */
  path: string
  file: PrimaryFile
  /** Float32, by name. */
  weights: Record<string, Tensor>
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
  return { path, file, weights: tensors, weightsSha256: sha256, weightsBytes: bytes, parameters: parameterCount(file.architecture) }
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
 * Writes a primary beside its place and moves it there in one step; the hash of the weights goes into its provenance.
 * Takes the place of the checkpoint it was trained from. A folder with anything else in it is an error (`primary-exists`);
 * with `replace` a primary in it is replaced, and nothing that this program did not write.
 */
export async function writePrimary(folder: string, primary: { file: PrimaryFile, weights: Record<string, Tensor> }, { replace = false } = {}): Promise<Primary> {
  const path = resolve(folder)
  const { architecture } = primary.file
  checkTensors(shapesOf(Object.entries(primary.weights)), architecture, join(path, WEIGHTS_FILE))
  checkValues(primary.weights, join(path, WEIGHTS_FILE))
  await withPath(path, 'write', () => requireFree(path, replace))
  const temporary = besides(path)
  try {
    const { sha256, bytes } = await writeSafetensors(join(temporary, WEIGHTS_FILE), primary.weights)
    const file: PrimaryFile = { ...primary.file, provenance: { ...primary.file.provenance, weightsSha256: sha256 } }
    await writeAtomic(join(temporary, PRIMARY_FILE), [`${JSON.stringify(file, undefined, 2)}\n`])
    await withPath(path, 'write', () => moveInto(temporary, path))
    return { path, file, weights: primary.weights, weightsSha256: sha256, weightsBytes: bytes, parameters: parameterCount(architecture) }
  }
  finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** Folders cannot be exchanged in one step everywhere: the old one steps aside for the moment between two renames. */
async function moveInto(temporary: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const aside = besides(path)
  const existed = await rename(path, aside).then(() => true, (error: unknown) => {
    if (isMissing(error))
      return false
    throw error
  })
  try {
    await rename(temporary, path)
  }
  catch (error) {
    if (existed)
      await rename(aside, path)
    throw error
  }
  await syncFolder(dirname(path))
  if (existed)
    await rm(aside, { recursive: true, force: true })
}

async function requireFree(path: string, replace: boolean): Promise<void> {
  const held = await readdir(path).catch((error: unknown) => {
    if (isMissing(error))
      return []
    throw error
  })
  const others = held.filter(name => name !== CHECKPOINT_FILE && !name.endsWith('.tmp'))
  if (others.length === 0)
    return
  if (!replace)
    throw new UserError({ code: 'primary-exists', message: `${path} exists already and holds "${others[0]}".`, remedy: 'Choose another name, or remove the folder first.', path })
  // Replacing deletes, so it deletes only what this program writes.
  const foreign = others.find(name => name !== PRIMARY_FILE && name !== WEIGHTS_FILE)
  if (foreign !== undefined)
    throw new UserError({ code: 'primary-exists', message: `${path} holds "${foreign}", which is no part of a primary, and is not replaced.`, remedy: 'Choose another name, or move that file away.', path })
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

/** Says plainly what a schema would say as a mismatch of literals: a newer format, an architecture of another build. */
function checkKnown(json: unknown, path: string): void {
  const { data } = headSchema.safeParse(json)
  if (data === undefined)
    return
  const version = /^symbiote-primary\/(\d+)$/.exec(data.format)?.[1]
  if (version !== undefined && Number(version) > 1)
    throw new UserError({ code: 'format-newer', message: `${path} is of format ${data.format}, newer than this version of Symbiote, which reads symbiote-primary/1.`, remedy: 'Open it with a newer Symbiote.', path })
  if (data.architecture.kind !== 'mlp')
    throw new UserError({ code: 'architecture-unsupported', message: `${path}: this version of Symbiote runs an mlp, not "${data.architecture.kind.slice(0, 40)}".`, remedy: 'Open a primary whose architecture is an mlp.', path })
}

function shapesOf(entries: [string, { shape: number[] }][]): Record<string, number[]> {
  return Object.fromEntries(entries.map(([name, { shape }]) => [name, shape]))
}

/** The name of a folder, for a primary that has none of its own. */
export function nameOf(folder: string): string {
  return basename(resolve(folder))
}
