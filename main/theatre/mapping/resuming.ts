/** A mapping read back from its session's log: what was prepared, what has happened, and what lesions did, from their blobs. */
import type { EngineFunctions } from '../../../preload/contract/engine'
import type { BodyOf, EventOf } from '../../../preload/contract/session'
import type { Places } from '../../files/shipped'
import type { SessionReader } from '../../session/reader'
import type { Prepared } from './prepare'
import type { ItemReading } from './reading'
import { Buffer } from 'node:buffer'
import { UserError } from '../../../preload/contract/errors'
import { floatsOf } from '../../lib/floats'
import { findRecorded } from '../companions'
import { PatientOnTable } from '../patient'
import { History } from './history'
import { PROBE_ITEMS, tasksOf } from './prepare'
import { readItems } from './reading'

export interface Resumed { mapping: BodyOf<'mapping'>, prepared: Prepared, history: History, past: (lesion: string) => ItemReading[] | undefined }

/** The last mapping of the session. Throws `no-mapping`, `mapping-finished`, `primary-changed`. */
export function resumedFrom(session: SessionReader, patient: PatientOnTable): Resumed {
  const { folder, head } = session
  const mapping = lastMapping(session)
  const primary = head.provenance.findLast(({ t }) => t <= mapping.t)
  if (primary?.primary.weightsSha256 !== patient.loaded.weightsSha256 || primary.dataset.sha256 !== patient.loaded.dataset.sha256) {
    throw new UserError({ code: 'weights-changed', message: `${patient.loaded.file.name} is not the primary this mapping began on: ${primary?.primary.weightsSha256 === patient.loaded.weightsSha256 ? 'its data set is' : 'its weights are'} different.`, remedy: 'Put the primary back in its folder; until then the session can be played back, not gone on with.', path: patient.loaded.path })
  }
  const history = new History()
  // A recording has thousands of other events to a mapping's hundreds: those are passed over unread.
  for (const event of session.events('mapping.transition', 'mapping.trial', 'ramp', 'verdict', 'mapping.unblinded', 'mapping.finding')) {
    if (event.mapping === mapping.mapping) history.apply(event)
  }
  if (history.machine.status === 'finished') throw new UserError({ code: 'mapping-finished', message: 'The mapping of this session is finished.', remedy: 'Open it for replay, or begin another mapping.', path: folder })
  const last = history.last && session.trial(history.last.trial)
  if (last) history.lastShown = { answer: last.response, target: last.target }
  return { mapping, prepared: preparedFrom(session, patient, mapping), history, past: lesion => pastReadings(session, patient, history, lesion) }
}

/** The primary the session's mapping was begun on, as it is now: where it was, else by its name. */
export async function resumedPatient(session: SessionReader, places: Places, engine: EngineFunctions): Promise<PatientOnTable> {
  const mapping = lastMapping(session)
  const provenance = session.head.provenance.findLast(({ t }) => t <= mapping.t)
  if (!provenance) throw new UserError({ code: 'session-incomplete', message: 'The session does not say which primary it was recorded on.', remedy: 'The log was damaged; it can be played back, not gone on with.', path: session.folder })
  return new PatientOnTable(engine, await findRecorded(provenance, places, session.folder), { seed: session.head.started.rootSeed, home: places.home })
}

function lastMapping({ head, folder }: SessionReader): EventOf<'mapping'> {
  const mapping = head.mappings.at(-1)
  if (mapping) return mapping
  throw new UserError({ code: 'no-mapping', message: 'No mapping was begun in this session.', remedy: 'Begin one in a new session.', path: folder })
}

function preparedFrom(session: SessionReader, patient: PatientOnTable, { protocol, addresses, items, power }: BodyOf<'mapping'>): Prepared {
  const rows = (blob: string): Int32Array => new Int32Array(session.blob(blob).slice().buffer)
  const read = { calibrate: rows(items.calibrate), map: rows(items.map), heldOut: rows(items.heldOut), excluded: rows(items.excluded) }
  return {
    protocol,
    sites: Buffer.from(session.blob(addresses)).toString('utf8').split('\n'),
    items: read,
    tasks: tasksOf(patient, protocol),
    probe: read.map.slice(0, PROBE_ITEMS),
    power,
  }
}

function pastReadings(session: SessionReader, patient: PatientOnTable, history: History, lesion: string): ItemReading[] | undefined {
  const done = history.trials.find(trial => trial.lesion === lesion)
  const trial = done && session.trial(done.trial)
  const battery = session.head.batteries.find(event => event.battery === trial?.battery)
  if (!trial || !battery) return undefined
  const classes = patient.loaded.dataset.classNames.length
  return readItems(patient.loaded.items, Int32Array.from(battery.items), trial.focus, { outputs: floatsOf(session.blob(trial.outputs)), pairedOutputs: floatsOf(session.blob(trial.pairedOutputs)), classes })
}
