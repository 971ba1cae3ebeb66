/** One trial: presented to the primary, read, recorded, and the primary's state held against the one before. */
import type { EngineFunctions, Presentation, StimulateResult } from '../../../preload/contract/engine'
import type { MappingPhase } from '../../../preload/contract/mapping'
import type { PatientOnTable } from '../patient'
import type { Recording } from '../recording'
import type { TrialBody } from './history'
import type { Prepared } from './prepare'
import type { ItemReading } from './reading'
import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { sameBytes } from '../../lib/compareOutputs'
import { argmax } from '../../lib/logits'
import { trialOf } from '../stimulation'
import { seizureOf, spreadOf } from './detectors'
import { interventionAt, neutralStrength } from './doses'
import { changes, gainedOf, lostOf, meanOf, readItems } from './reading'
import { codeOf } from './taxonomy'

export interface Asked {
  phase: MappingPhase
  /** Several are stimulated together. */
  sites: string[]
  strength: number
  sham: boolean
  repetition: number
  rows: Int32Array
  lesion?: string
}

/** What identifies trials of several sites. */
export const TOGETHER = ';'

export interface Presented {
  body: TrialBody
  score: { code: string, confidence: number }
  before: Presentation
  after: Presentation
  answer: number
  readings: ItemReading[]
}

export interface Table { patient: PatientOnTable, recording: Recording, prepared: Prepared, mapping: string, state: string }

/**
 * Everything but `mapping.trial`, which the caller appends when it has decided what follows, is in the log when this returns: battery,
 * stimulation, trial, release.
 */
export async function present(table: Table, { phase, sites, strength, sham, repetition, rows, lesion }: Asked, number: number, lastAnswer: number | undefined): Promise<Presented> {
  const { patient, recording, prepared: { protocol, probe }, mapping, state } = table
  const { stimulation: plan } = protocol
  const used = sham ? neutralStrength(plan) : strength
  const set = { interventions: sites.map(site => interventionAt(plan, site, used)), compose: false }
  const engine = await patient.engine()
  const start = performance.now()
  const result = await engine.stimulate({ set, focus: rows[0], battery: rows })
  const latencyMs = performance.now() - start
  const trial = recording.live.newId()
  record(table, { set, sham, rows, result, trial, latencyMs })

  const readings = readItems(patient.loaded.items, rows, rows[0], { ...result, classes: result.before.probabilities.length })
  const { before, after } = result
  const seizure = seizureOf(result, protocol.seizure)
  const body: TrialBody = {
    kind: 'mapping.trial',
    mapping,
    trial,
    number,
    phase,
    site: sites.join(TOGETHER),
    ...(lesion === undefined ? {} : { lesion }),
    strength: used,
    sham,
    repetition,
    items: rows.length,
    lost: lostOf(readings),
    gained: gainedOf(readings),
    shownLost: lostOf(readings.slice(0, 1)) === 1,
    logProbability: meanOf(changes(readings)),
    spread: spreadOf(before, after, patient.opened.statistics, patient.loaded.file.architecture),
    stateSame: await stateOf(engine, probe) === state,
    ...(sham ? { identical: isIdentical(result) } : {}),
    ...(seizure ? { seizure } : {}),
  }
  return { body, score: codeOf(before, after, lastAnswer), before, after, answer: argmax(after.probabilities), readings }
}

function record({ patient, recording, prepared: { protocol } }: Table, { set, sham, rows, result, trial, latencyMs }: { set: { interventions: ReturnType<typeof interventionAt>[], compose: boolean }, sham: boolean, rows: Int32Array, result: StimulateResult, trial: string, latencyMs: number }): void {
  const [stimulation, battery] = [recording.live.newId(), recording.live.newId()]
  recording.describeSites(set.interventions.map(({ site }) => site), patient)
  recording.append({ kind: 'battery', battery, items: [...rows], seed: protocol.seed }, patient)
  recording.append({ kind: 'stimulation', stimulation, interventions: set.interventions, compose: set.compose, sham, doseCap: protocol.doseCap }, patient)
  recording.append(trialOf(recording, { stimulation, trial, focus: rows[0], result, latencyMs, battery, sham }), patient)
  recording.append({ kind: 'stimulation.off', stimulation, reason: 'released' }, patient)
}

/** SHA-256 of what the unstimulated primary answers now. An empty set of interventions is run anew every time. */
export async function stateOf(engine: EngineFunctions, probe: Int32Array): Promise<string> {
  const { outputs } = await engine.stimulate({ set: { interventions: [], compose: false }, focus: probe[0], battery: probe })
  return createHash('sha256').update(new Uint8Array(outputs.buffer, outputs.byteOffset, outputs.byteLength)).digest('hex')
}

function isIdentical({ outputs, pairedOutputs, before, after }: StimulateResult): boolean {
  const same = (a: Float32Array, b: Float32Array): boolean => sameBytes(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), b)
  return same(outputs, pairedOutputs) && before.activations.every((values, s) => same(values, after.activations[s]))
}
