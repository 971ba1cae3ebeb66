/** Small recorded sessions for tests of what the screen makes of them. */
import type { Intervention } from '../../preload/contract/intervention'
import type { EventOf, SessionTables } from '../../preload/contract/session'

const hash = '0'.repeat(64)
let last = 0
/** 26 characters, ascending, as a ULID is. */
export const nextId = (): string => String(++last).padStart(26, '0')

export function stimulation(t: number, change: Partial<Intervention> = {}): EventOf<'stimulation'> {
  const intervention = { site: 'layers.0.unit[37]', op: 'gate', strength: 0, baseline: 'mean', ...change } as Intervention
  return { kind: 'stimulation', id: nextId(), t, step: 2000, stimulation: nextId(), interventions: [intervention], compose: false, sham: false }
}

export function trial(t: number, change: Partial<EventOf<'trial'>> = {}): EventOf<'trial'> {
  return {
    kind: 'trial', id: nextId(), t, step: 2000, trial: nextId(), stimulation: nextId(), battery: nextId(),
    focus: 141, target: 3, response: 8, correct: false, sham: false,
    input: hash,
    outputs: hash, pairedOutputs: hash, activations: hash, pairedActivations: hash,
    targetLogProbability: -1.5, margin: -1.1, latencyMs: 12, effects: {}, changed: 61,
    ...change,
  }
}

export function annotation(from: number, to: number, text: string, change: Partial<EventOf<'annotation'>> = {}): EventOf<'annotation'> {
  return {
    kind: 'annotation', id: nextId(), t: from, step: 2000, annotation: nextId(),
    from: { t: from, step: 2000 }, to: { t: to, step: 2000 },
    tier: 'notes', text, author: 'operator', sites: [], trials: [], removed: false,
    ...change,
  }
}

interface Parts {
  stimulations?: { event: EventOf<'stimulation'>, off?: { t: number } }[]
  trials?: EventOf<'trial'>[]
  annotations?: EventOf<'annotation'>[]
  duration: number
}

export function tablesOf({ stimulations = [], trials = [], annotations = [], duration }: Parts): SessionTables {
  return {
    started: { kind: 'session.started', id: nextId(), t: 0, step: 2000, format: 'symbiote-session/1', appVersion: '0.1.0', title: 'ward round', operators: ['operator'], startedAt: '2026-01-02T03:04:05.000Z', rootSeed: 1 },
    provenance: [],
    batteries: [],
    sites: [],
    stimulations: stimulations.map(({ event, off }) => ({
      event,
      ...(off === undefined ? {} : { off: { kind: 'stimulation.off', id: nextId(), t: off.t, step: 2000, stimulation: event.stimulation, reason: 'released' } }),
    })),
    trials,
    tags: [],
    annotations,
    views: [],
    training: [],
    instrument: [],
    verifications: [],
    sweeps: [],
    finds: [],
    gates: [],
    mappings: [],
    transitions: [],
    mappingTrials: [],
    scores: [],
    ramps: [],
    verdicts: [],
    unblindings: [],
    findings: [],
    duration,
    events: 2 * stimulations.length + trials.length + annotations.length,
  }
}
