/** Where primaries are found: those that ship in `resources/primaries`, and the user's own in their home. */
import type { UserErrorData } from '../../preload/contract/errors'
import type { PrimaryFile } from '../../preload/contract/primary'
import type { PrimarySummary } from '../../preload/contract/rpc'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { parameterCount } from './architecture'
import { CHECKPOINT_FILE, inspectCheckpoint } from './checkpoint'
import { isMissing, withPath } from './fileErrors'
import { inspectPrimary, nameOf, PRIMARY_FILE } from './primary'

export interface Places {
  /** Folder that holds `primaries/` and whatever else ships. */
  resources: string
  /** Root of the user's data; see `home.ts`. */
  home: string
}

/**
 * The folder of what ships.
 * @param here folder of the running bundle or source file; a checkout is found upwards from it
 * @param packaged Electron's `process.resourcesPath`, in a packaged app
 */
export async function findResources(here: string, packaged?: string): Promise<string> {
  const tried: string[] = packaged === undefined ? [] : [packaged, join(packaged, 'resources')]
  for (let folder = resolve(here); ; folder = dirname(folder)) {
    tried.push(join(folder, 'resources'))
    if (folder === dirname(folder))
      break
  }
  for (const folder of tried) {
    if (await isFolder(join(folder, 'primaries')))
      return folder
  }
  throw new UserError({ code: 'resources-missing', message: `The primaries that ship were not found: no resources/primaries above ${here}.`, remedy: 'Install Symbiote again, or run it from a whole checkout.', path: here })
}

/** Folder of a primary: by the name of one that ships, of one of the user's own, or by path. Whether it can be opened is not checked. */
export async function findPrimary(nameOrPath: string, { resources, home }: Places): Promise<string> {
  const folders = [join(resources, 'primaries'), join(home, 'primaries')]
  if (isName(nameOrPath)) {
    for (const folder of folders) {
      if (await isFolder(join(folder, nameOrPath)))
        return join(folder, nameOrPath)
    }
  }
  const path = resolve(nameOrPath)
  if (nameOrPath !== '' && await isFolder(path))
    return path
  const known = [...new Set((await Promise.all(folders.map(foldersIn))).flat().map(nameOf))]
  throw new UserError({
    code: 'primary-missing',
    message: `There is no primary "${nameOrPath}": neither one that ships, nor one trained here, nor a folder ${path}.`,
    remedy: known.length === 0 ? 'Give the folder of a primary, or train one.' : `Give a folder, or one of ${known.join(', ')}.`,
    path: nameOrPath,
  })
}

/** Everything that ships, then everything of the user's own, each by name; what cannot be opened says why. */
export async function listPrimaries({ resources, home }: Places): Promise<PrimarySummary[]> {
  const [shipped, own] = await Promise.all([foldersIn(join(resources, 'primaries')), foldersIn(join(home, 'primaries'))])
  return Promise.all([...shipped.map(folder => summarizePrimary(folder, true)), ...own.map(folder => summarizePrimary(folder, false))])
}

/** Never throws for a bad primary; its problem is part of the answer. Weights are checked by their header, not read. */
export async function summarizePrimary(folder: string, ships = false): Promise<PrimarySummary> {
  const path = resolve(folder)
  const interrupted = await interruptedRun(path)
  const base = { path, ships, ...(interrupted?.summary === undefined ? {} : { interrupted: interrupted.summary }) }
  const described = await attempt(() => inspectPrimary(path))
  if (described.value !== undefined)
    return { ...base, ...describe(described.value), ...(interrupted?.problem === undefined ? {} : { problem: interrupted.problem }) }
  // A first run that was interrupted has a checkpoint and nothing else yet; that is no fault of the folder.
  if (interrupted !== undefined && !await exists(join(path, PRIMARY_FILE)))
    return { ...base, name: nameOf(path), parameters: interrupted.parameters, ...(interrupted.problem === undefined ? {} : { problem: interrupted.problem }) }
  return { ...base, name: nameOf(path), parameters: 0, problem: described.problem }
}

function describe(file: PrimaryFile): Pick<PrimarySummary, 'name' | 'parameters' | 'file'> {
  return { name: file.name, parameters: parameterCount(file.architecture), file }
}

async function interruptedRun(folder: string): Promise<{ summary?: { step: number, steps: number }, problem?: UserErrorData, parameters: number } | undefined> {
  if (!await exists(join(folder, CHECKPOINT_FILE)))
    return undefined
  const { value, problem } = await attempt(() => inspectCheckpoint(folder))
  return value === undefined
    ? { problem, parameters: 0 }
    : { summary: { step: value.step, steps: value.settings.steps }, parameters: parameterCount(value.settings.architecture) }
}

async function attempt<T>(action: () => Promise<T>): Promise<{ value: T, problem?: undefined } | { value?: undefined, problem: UserErrorData }> {
  try {
    return { value: await action() }
  }
  catch (error) {
    if (error instanceof UserError)
      return { problem: error.data }
    throw error
  }
}

/** Sorted; hidden ones are left out, because half-written folders are hidden. */
async function foldersIn(folder: string): Promise<string[]> {
  return withPath(folder, 'read', async () => {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error))
        return []
      throw error
    })
    const folders: string[] = []
    for (const { name } of entries) {
      if (!name.startsWith('.') && await isFolder(join(folder, name)))
        folders.push(join(folder, name))
    }
    return folders.sort()
  })
}

function isName(text: string): boolean {
  return !/[/\\]/.test(text) && !text.startsWith('.') && text !== ''
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(found => found.isDirectory(), () => false)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false)
}
