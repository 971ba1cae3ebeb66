/** A find without a screen and without a session: for scripts. Same checks, same engine, same certificate. */
import type { FindAsked, FindProgress, FindResult, ReaderFile, SymbioteCheckpoint } from '../../preload/contract/symbiote'
import type { Places } from '../files/shipped'
import type { EngineClient } from '../host/engineClient'
import type { AboutFind, Kept } from './findKept'
import type { FindTasks } from './findTasks'
import type { LoadedPatient } from './loading'
import { ulid } from 'ulid'
import { expandSites } from '../../preload/contract/sweepSites'
import { contextName, defaultSeeds } from '../../preload/contract/symbiote'
import { requestOf, sign } from './find'
import { aboutFind, checkSame } from './findKept'
import { checkAsked, checkSeveral, loadContexts } from './findTasks'
import { loadPatient } from './loading'

export interface FindOnceAsked extends Omit<FindAsked, 'seeds' | 'target'> {
  /** As many as suit the primary, where left out. */
  seeds?: number
  primary: string
  /** The primary's own where there is none; of several, and of several targets, each is a task for one symbiote. */
  datasets: string[]
  targets: number[]
  references: string[]
  readerFile?: ReaderFile
}

export interface FoundOnce {
  loaded: LoadedPatient
  /** One for each task. */
  results: FoundContext[]
  /** Of one that was cancelled: what it takes to go on with it. */
  kept?: { about: AboutFind, checkpoints: SymbioteCheckpoint[] }
}

export interface FoundContext {
  /** Of the task, and the class it was steered to; of several no two are the same. */
  name: string
  target?: number
  result: FindResult
}

export async function findOnce(engine: EngineClient, places: Places, { primary, datasets, references, targets, readerFile, ...rest }: FindOnceAsked, { signal, progress, from }: { signal: AbortSignal, progress: (at: FindProgress) => void, from?: Kept }): Promise<FoundOnce> {
  checkSeveral(rest, datasets.length, targets.length)
  const loaded = await loadPatient(primary, places, datasets[0])
  const { architecture } = loaded.file
  const asked = { ...rest, seeds: rest.seeds ?? defaultSeeds(architecture) }
  expandSites(asked.sites, architecture)
  // Without a file a reader is trained on this primary, and written beside the circuit.
  for (const target of targets.length === 0 ? [undefined] : targets) checkAsked({ ...asked, ...(target === undefined ? {} : { target }) }, references.length, architecture, true)
  const { target, ...tasks } = await loadContexts(loaded, { datasets, references, targets })
  if (from) checkSame(from.about, loaded, tasks)
  const first = { ...asked, ...(target === undefined ? {} : { target }) }
  const find = ulid()
  const undo = engine.on('finding', (at) => {
    if (at.find === find) progress(at)
  })
  // A lost engine has cancelled it already.
  const cancel = (): void => void engine.functions.cancel(find).catch(() => {})
  signal.addEventListener('abort', cancel)
  try {
    const { contexts = [], checkpoint, ...result } = await engine.functions.find({ ...requestOf(find, loaded, first, tasks), ...(readerFile ? { reader: readerFile } : {}), ...(from ? { from: from.checkpoints } : {}) })
    const { certificate: { provenance: { executor }, asked: { steps } } } = result
    const kept = checkpoint ? { kept: { about: aboutFind({ find, asked: first, datasets, targets, references, loaded, tasks, executor, steps }), checkpoints: checkpoint } } : {}
    return { loaded, results: signed(loaded, tasks, target, [result, ...contexts]), ...kept }
  }
  finally {
    undo()
    signal.removeEventListener('abort', cancel)
  }
}

function signed(loaded: LoadedPatient, { task, references, contexts = [] }: FindTasks, target: number | undefined, results: readonly FindResult[]): FoundContext[] {
  const all = [{ task, ...(target === undefined ? {} : { target }) }, ...contexts]
  const names = all.map(({ task, target }) => contextName(task.name, target))
  return results.map((result, k) => {
    sign(result, loaded, { task: all[k].task, references })
    // Two folders may hold data sets of one name.
    const name = names.indexOf(names[k]) === k ? names[k] : `${names[k]} (${k + 1})`
    return { name, ...(all[k].target === undefined ? {} : { target: all[k].target }), result }
  })
}
