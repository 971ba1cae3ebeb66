/** Re-execution: the same interventions on the same weights, outputs compared with the recorded ones, trial by trial. */
import type { EngineDescription, EngineFunctions } from '../../preload/contract/engine'
import type { BodyOf, EventOf, TrialClass } from '../../preload/contract/session'
import type { SessionReader } from '../session/reader'
import { UserError } from '../../preload/contract/errors'
import { TRIAL_CLASSES } from '../../preload/contract/session'
import { compareOutputs, sameBytes } from '../lib/compareOutputs'
import { floatsOf } from '../lib/floats'

export type Departure = NonNullable<BodyOf<'verification'>['firstDeparture']>

export interface VerifyOptions {
  progress: (done: number, total: number) => void
  cancelled: () => boolean
}

export interface Verified {
  body: BodyOf<'verification'>
  /** Index in TRIAL_CLASSES of each trial, in order. */
  perTrial: Uint8Array
}

/**
 * The session's primary must be the one open in the engine, calibrated with the session's seed.
 * @returns undefined when it was cancelled: half a verification is none
 */
export async function reexecute(session: SessionReader, engine: EngineFunctions, description: EngineDescription, { progress, cancelled }: VerifyOptions): Promise<Verified | undefined> {
  const total = session.head.counts.trials
  const classes: Record<TrialClass, number> = { 'bit-exact': 0, 'ulp': 0, 'same-decision': 0, 'different': 0 }
  let maxUlp = 0
  let firstDeparture: Departure | undefined
  let done = 0
  const perTrial = new Uint8Array(total)
  for (const { trial, stimulation, battery } of trialsOf(session)) {
    if (cancelled()) return undefined
    const result = await repeat(session, { trial, stimulation, battery }, engine)
    classes[result.class]++
    perTrial[done] = TRIAL_CLASSES.indexOf(result.class)
    maxUlp = Math.max(maxUlp, result.ulp)
    if (result.class !== 'bit-exact') firstDeparture ??= { trial: trial.trial, ...result, t: trial.t, sites: stimulation.interventions.map(({ site }) => site) }
    progress(++done, total)
  }
  const { executor, device } = description
  return { body: { kind: 'verification', executor, device, trials: done, classes, maxUlp, ...(firstDeparture ? { firstDeparture } : {}) }, perTrial: perTrial.subarray(0, done) }
}

interface Recorded { trial: EventOf<'trial'>, stimulation: EventOf<'stimulation'>, battery: EventOf<'battery'> }

/** Stimulations kept for the trials that name them: a trial comes right after its own. */
const RECENT = 256

/** Every trial with what it was run with, one at a time. Throws the UserError `session-incomplete` at one that lacks it. */
function* trialsOf(session: SessionReader): Generator<Recorded> {
  const batteries = new Map(session.head.batteries.map(battery => [battery.battery, battery]))
  const recent = new Map<string, EventOf<'stimulation'>>()
  for (const event of session.events('stimulation', 'trial')) {
    if (event.kind === 'stimulation') {
      recent.set(event.stimulation, event)
      if (recent.size > RECENT) recent.delete(recent.keys().next().value!)
      continue
    }
    const battery = batteries.get(event.battery)
    const stimulation = recent.get(event.stimulation) ?? stimulationOf(session, event)
    if (!stimulation || !battery) throw incomplete(session.folder, event)
    yield { trial: event, stimulation, battery }
  }
}

/** For a trial far from its stimulation, which our recorder never writes. */
function stimulationOf(session: SessionReader, { stimulation }: EventOf<'trial'>): EventOf<'stimulation'> | undefined {
  for (const event of session.events('stimulation')) {
    if (event.stimulation === stimulation) return event
  }
  return undefined
}

async function repeat(session: SessionReader, { trial, stimulation, battery }: Recorded, engine: EngineFunctions): Promise<Omit<Departure, 'trial'>> {
  const rows = Int32Array.from(battery.items)
  const { interventions, compose } = stimulation
  const { outputs, pairedOutputs, before } = await engine.stimulate({ set: { interventions, compose }, focus: trial.focus, battery: rows })

  // Both sides must hold: an effect is a difference, and a changed control changes it as much.
  const sides = [
    { expected: session.blob(trial.outputs), got: outputs },
    { expected: session.blob(trial.pairedOutputs), got: pairedOutputs },
  ]
  const exact = { class: 'bit-exact' as const, ulp: 0, item: trial.focus, expected: 0, got: 0 }
  for (const side of sides) {
    if (sameBytes(side.expected, side.got)) continue
    const difference = compareOutputs(floatsOf(side.expected), side.got, before.probabilities.length)
    return { ...difference, item: difference.row === 0 ? trial.focus : battery.items[difference.row - 1] }
  }
  return exact
}

function incomplete(path: string, trial: EventOf<'trial'>): UserError {
  return new UserError({
    code: 'session-incomplete',
    message: `Trial ${trial.trial} refers to a stimulation or a battery that is not in the log.`,
    remedy: 'The log was damaged; the trials before it can be played back, not re-executed.',
    path,
  })
}
