/**
 * What a bundle takes along so that the session can be re-executed where it arrives: the recorded primary, and its data set where that
 * does not ship. They lie in `primary/` and `dataset/` of the session's folder, which a verification looks at first.
 */
import type { EventOf } from '../../preload/contract/session'
import type { Places } from '../files/shipped'
import type { Companion } from '../session/exports/bundle'
import type { SessionReader } from '../session/reader'
import type { LoadedPatient } from './loading'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { shippedDatasets } from '../files/dataset'
import { datasetBeside, loadPatient } from './loading'

/** Throws `primary-changed` where what lies there now is not what was recorded. */
export async function primaryOf(session: SessionReader, places: Places): Promise<Companion[]> {
  const provenance = session.head.provenance.at(-1)
  if (!provenance) throw new UserError({ code: 'session-incomplete', message: 'The session does not say which primary it was recorded on.', remedy: 'Export the bundle without the primary.', path: session.folder })
  const { path, file, weightsSha256, dataset } = await findRecorded(provenance, places, session.folder)
  if (weightsSha256 !== provenance.primary.weightsSha256 || dataset.sha256 !== provenance.dataset.sha256)
    throw new UserError({ code: 'primary-changed', message: `${provenance.primary.name} is no longer the primary the session was recorded on.`, remedy: 'Put the recorded primary back in its folder, or export the bundle without it.', path })
  const own = datasetOf(session.folder) ?? datasetBeside(file.task.dataset, path)
  return [
    ...filesOf(path, 'primary', ['primary.json', 'weights.safetensors', 'directions.safetensors', 'prescription.json']),
    ...shippedDatasets.includes(own) ? [] : filesOf(own, 'dataset', ['dataset.json', 'data.safetensors']),
  ]
}

/** In the session itself, where it came with it; where it was recorded; on another machine, by its name. */
export async function findRecorded({ primary }: EventOf<'provenance'>, places: Places, session: string): Promise<LoadedPatient> {
  const own = join(session, 'primary')
  if (existsSync(join(own, 'primary.json'))) return loadPatient(own, places, datasetOf(session))
  try {
    return await loadPatient(primary.path, places)
  }
  catch (error) {
    if (!(error instanceof UserError) || !/^[\w.-]+$/.test(primary.name)) throw error
    return loadPatient(primary.name, places)
  }
}

function datasetOf(session: string): string | undefined {
  const folder = join(session, 'dataset')
  return existsSync(join(folder, 'dataset.json')) ? folder : undefined
}

function filesOf(folder: string, prefix: string, names: string[]): Companion[] {
  return names.map(name => ({ from: join(folder, name), path: `${prefix}/${name}` })).filter(({ from }) => existsSync(from))
}
