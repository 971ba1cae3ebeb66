/** Trains a reader over several primaries, each on its own task: they are read and checked here, and the engine does the rest. */
import type { Baseline } from '../../preload/contract/intervention'
import type { ReadPrimary, ReadProgress, ReadResult } from '../../preload/contract/reader'
import type { SiteSelection } from '../../preload/contract/sweep'
import type { Places } from '../files/shipped'
import type { EngineClient } from '../host/engineClient'
import { ulid } from 'ulid'
import { UserError } from '../../preload/contract/errors'
import { expandSites } from '../../preload/contract/sweepSites'
import { loadTasks } from './findTasks'
import { loadPatient } from './loading'

export interface ReadAsked {
  /** Folders, or names of those that ship. */
  primaries: string[]
  sites: SiteSelection
  baseline: Baseline
  seed: number
  seeds?: number
  steps?: number
}

export async function trainReader(engine: EngineClient, places: Places, { primaries, ...asked }: ReadAsked, { signal, progress }: { signal: AbortSignal, progress: (at: ReadProgress) => void }): Promise<ReadResult> {
  const loaded: ReadPrimary[] = []
  const hashes = new Map<string, string>()
  for (const name of primaries) {
    const patient = await loadPatient(name, places)
    const known = hashes.get(patient.weightsSha256)
    // One that is left out must not be learned from under another name.
    if (known !== undefined) throw new UserError({ code: 'primary-twice', message: `${name} has the very weights of ${known}.`, remedy: 'Name each primary once.', path: patient.path })
    hashes.set(patient.weightsSha256, name)
    expandSites(asked.sites, patient.file.architecture)
    const { task } = await loadTasks(patient, { references: [] })
    loaded.push({ name: patient.file.name, architecture: patient.file.architecture, weights: patient.weights, task: { name: task.name, train: task.train, test: task.test } })
  }
  const read = ulid()
  const undo = engine.on('reading', (at) => {
    if (at.read === read) progress(at)
  })
  // A lost engine has cancelled it already.
  const cancel = (): void => void engine.functions.cancel(read).catch(() => {})
  signal.addEventListener('abort', cancel)
  try {
    return await engine.functions.trainReader({ ...asked, read, primaries: loaded })
  }
  finally {
    undo()
    signal.removeEventListener('abort', cancel)
  }
}
