/** What is kept of cancelled finds: written when one is cancelled, listed for the patient they are of, checked before one is gone on with, forgotten. */
import type { KeptOnScreen, SymbioteCheckpoint } from '../../preload/contract/symbiote'
import type { KeptFind } from '../files/findCheckpoint'
import type { FindTasks } from './findTasks'
import type { LoadedPatient } from './loading'
import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { shippedDatasets } from '../files/dataset'
import { isMissing, withPath } from '../files/fileErrors'
import { inspectFindCheckpoint, readFindCheckpoint } from '../files/findCheckpoint'

export type AboutFind = Omit<KeptFind, 'step' | 'over'>
export interface Kept { about: KeptFind, checkpoints: SymbioteCheckpoint[] }

const SUFFIX = '.safetensors'

interface Told extends Pick<AboutFind, 'find' | 'asked' | 'datasets' | 'targets' | 'references' | 'executor' | 'steps'> {
  loaded: LoadedPatient
  tasks: FindTasks
}

/** Data sets that do not ship are named by their folder, wherever it is gone on from. */
export function aboutFind({ loaded: { file: { name }, path, weightsSha256 }, tasks, datasets, references, ...rest }: Told): AboutFind {
  const placed = (dataset: string): string => shippedDatasets.includes(dataset) ? dataset : resolve(dataset)
  return { ...rest, cancelledAt: new Date().toISOString(), datasets: datasets.map(placed), references: references.map(placed), primary: { name, path, weightsSha256 }, tasks: hashesOf(tasks) }
}

function hashesOf({ task, contexts = [], references }: FindTasks): AboutFind['tasks'] {
  return [task, ...contexts.map(({ task: other }) => other), ...references].map(({ name, sha256 }) => ({ name, sha256 }))
}

/** Throws `primary-changed`, `dataset-changed`: gone on with on anything else, it would be neither the one find nor the other. */
export function checkSame({ primary, tasks }: KeptFind, { path, weightsSha256 }: LoadedPatient, now: FindTasks): void {
  if (weightsSha256 !== primary.weightsSha256) throw new UserError({ code: 'primary-changed', message: `${path} has other weights than when the find on ${primary.name} was cancelled.`, remedy: 'Restore them, or start the find anew.', path })
  const found = hashesOf(now)
  const other = tasks.find(({ sha256 }, i) => found[i]?.sha256 !== sha256)
  if (other) throw new UserError({ code: 'dataset-changed', message: `The data set ${other.name} holds other items than when the find was cancelled.`, remedy: 'Restore it, or start the find anew.' })
}

export function keptFolder(home: string): string {
  return join(home, 'finds')
}

export function keptPath(home: string, find: string): string {
  return join(keptFolder(home), `${find}${SUFFIX}`)
}

/** Of these weights, the newest first; what cannot be read is left out and said. */
export async function listKept(home: string, weightsSha256: string, log: (line: string) => void): Promise<KeptOnScreen[]> {
  const folder = keptFolder(home)
  const names = await withPath(folder, 'read', () => readdir(folder).catch((error: unknown): string[] => {
    if (isMissing(error)) return []
    throw error
  }))
  const kept: KeptOnScreen[] = []
  for (const name of names.filter(name => name.endsWith(SUFFIX) && !name.startsWith('.'))) {
    const about = await inspectFindCheckpoint(join(folder, name)).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error
      log(error.line)
      return undefined
    })
    if (about?.primary.weightsSha256 !== weightsSha256) continue
    const { find, asked, tasks: [task], step, steps, over, cancelledAt } = about
    kept.push({ find, asked, task: task.name, step, steps, over, cancelledAt })
  }
  return kept.sort((a, b) => b.cancelledAt.localeCompare(a.cancelledAt))
}

export function readKept(home: string, find: string): Promise<Kept> {
  return readFindCheckpoint(keptPath(home, find))
}

export async function forgetKept(home: string, find: string): Promise<void> {
  const path = keptPath(home, find)
  await withPath(path, 'write', () => rm(path, { force: true }))
}
