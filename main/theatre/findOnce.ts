/** A find without a screen and without a session: for scripts. Same checks, same engine, same certificate. */
import type { FindAsked, FindProgress, FindResult, ReaderFile } from '../../preload/contract/symbiote'
import type { Places } from '../files/shipped'
import type { EngineClient } from '../host/engineClient'
import type { LoadedPatient } from './loading'
import { ulid } from 'ulid'
import { expandSites } from '../../preload/contract/sweepSites'
import { defaultSeeds } from '../../preload/contract/symbiote'
import { requestOf, sign } from './find'
import { checkAsked, loadTasks } from './findTasks'
import { loadPatient } from './loading'

export interface FindOnceAsked extends Omit<FindAsked, 'seeds'> {
  /** As many as suit the primary, where left out. */
  seeds?: number
  primary: string
  dataset?: string
  references: string[]
  readerFile?: ReaderFile
}

export interface FoundOnce {
  loaded: LoadedPatient
  result: FindResult
}

export async function findOnce(engine: EngineClient, places: Places, { primary, dataset, references, readerFile, ...rest }: FindOnceAsked, { signal, progress }: { signal: AbortSignal, progress: (at: FindProgress) => void }): Promise<FoundOnce> {
  const loaded = await loadPatient(primary, places, dataset)
  const { architecture } = loaded.file
  const asked = { ...rest, seeds: rest.seeds ?? defaultSeeds(architecture) }
  expandSites(asked.sites, architecture)
  // Without a file a reader is trained on this primary, and written beside the circuit.
  checkAsked(asked, references.length, architecture, true)
  const tasks = await loadTasks(loaded, { ...(dataset === undefined ? {} : { dataset }), references })
  const find = ulid()
  const undo = engine.on('finding', (at) => {
    if (at.find === find) progress(at)
  })
  // A lost engine has cancelled it already.
  const cancel = (): void => void engine.functions.cancel(find).catch(() => {})
  signal.addEventListener('abort', cancel)
  try {
    const result = await engine.functions.find({ ...requestOf(find, loaded, asked, tasks), ...(readerFile ? { reader: readerFile } : {}) })
    sign(result, loaded, tasks)
    return { loaded, result }
  }
  finally {
    undo()
    signal.removeEventListener('abort', cancel)
  }
}
