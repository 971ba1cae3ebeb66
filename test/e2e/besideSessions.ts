/**
 * Two small sessions written by the real recorder, before and after: the first mapped by hand, the second with a symbiote at
 * work, an engine that was lost, and tiers of its own. Their activations are made up, so that what a monitor shows is known.
 */
import type { BodyOf, EventBody } from '../../preload/contract/session'
import { join } from 'node:path'
import { beginScheme } from '../../main/session/scheme'
import { layoutOf } from '../../preload/contract/layout'
import { TRIAL_CLASSES } from '../../preload/contract/session'
import { create, find, SHA, StillTime, ulidOf } from '../session/support'

const ARCHITECTURE = { kind: 'mlp' as const, inputs: 4, hidden: [6, 5], outputs: 3, activation: 'relu' as const }
const WIDTH = layoutOf(ARCHITECTURE).sheets.slice(1).reduce((sum, { size }) => sum + size, 0)
/** A stimulation stays on this long after its trial, ms. */
const HELD = 100
export const BEFORE = 'Before the operation'
export const AFTER = 'After the operation'

const floats = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer)

/** Trials every 2 s from 2 s on, twelve of them; half a minute of nothing; a thirteenth at 56 s. The first class that departed is the trial at 8 s. */
export function writeBefore(home: string): string {
  const session = begin(join(home, 'sessions', 'before.session'), BEFORE)
  const { add, recorder, time } = session
  beginScheme(recorder, 0)
  for (let n = 0; n < 12; n++)
    session.trial(n, 2000)
  add(verdict('layers.0.unit[0]', 'positive', 1))
  add(verdict('layers.0.unit[1]', 'negative'))
  add(note({ t: 4e9, tier: 'notes', text: 'the first doubt' }))
  add(note({ t: 6e9, to: 10e9, tier: 'response', term: 'slowed', text: '' }))
  time.pass(30_000)
  session.trial(12, 2000)
  time.pass(500)
  // As a re-execution on another executor may find it.
  const classes = Uint8Array.from([0, 0, 0, 1, 0, 2, 0, 0, 3, 0, 1, 0, 0])
  add({
    kind: 'verification',
    executor: 'tensorflow',
    device: 'CPU',
    trials: classes.length,
    classes: { 'bit-exact': 9, 'ulp': 2, 'same-decision': 1, 'different': 1 },
    maxUlp: 3,
    firstDeparture: { trial: ulidOf(1003), class: TRIAL_CLASSES[1], ulp: 2, item: 3, expected: 1.25, got: 1.250000238418579, t: 8e9, sites: ['layers.0.unit[3]'] },
    perTrial: recorder.blobs.put(classes),
  })
  recorder.close()
  return recorder.folder
}

/** The same trials, but the first at 7 s; the item answered otherwise, and less of an effect. */
export function writeAfter(home: string): string {
  const session = begin(join(home, 'sessions', 'after.session'), AFTER)
  const { add, recorder, time } = session
  add({ kind: 'vocabulary', vocabulary: 'speech', name: 'Speech', terms: [{ code: 'arrest', label: 'speech arrest', key: 1, description: '' }], removed: false })
  add({ kind: 'tier', tier: 'speech', name: 'Speech', colour: 'cyan', vocabulary: 'speech', removed: false })
  time.pass(5000)
  add(find(1, 'running'))
  for (let n = 0; n < 12; n++)
    session.trial(n, 2000, 1)
  add(find(1, 'cancelled'))
  add({ kind: 'instrument', what: 'engine-lost', message: 'The engine ran out of memory.' })
  add(verdict('layers.0.unit[0]', 'negative'))
  add(note({ t: 9e9, tier: 'speech', term: 'arrest', text: '' }))
  recorder.close()
  return recorder.folder
}

function begin(folder: string, title: string) {
  const time = new StillTime()
  const recorder = create(folder, { time, title })
  const add = (body: EventBody): void => void recorder.append(body, 40)
  const still = recorder.blobs.put(floats(new Float32Array(WIDTH).fill(1)))
  add({
    kind: 'provenance',
    primary: { name: 'tiny', path: 'primaries/tiny', architecture: ARCHITECTURE, weightsSha256: SHA, weightsBytes: 812, step: 40 },
    dataset: { name: 'dots', sha256: SHA, items: 30, classNames: ['left', 'up', 'right'], inputShape: [4] },
    statistics: { items: 30, mean: still, sigma: still },
    engine: { executor: 'wasm', device: 'CPU', threads: 1, versions: {} },
    host: { os: 'Linux', node: '24.0.0' },
  })
  add({ kind: 'battery', battery: ulidOf(1), items: [0, 3, 7], seed: 7 })
  /** After so many ms. Unit 0 of the first sheet holds the trial's number without the stimulation, and half of it with. */
  function trial(n: number, ms: number, shift = 0): void {
    time.pass(ms - (n === 0 ? 0 : HELD))
    const before = new Float32Array(WIDTH).fill(0.5)
    before[0] = n
    const after = before.slice()
    after[0] = n / 2
    add({ kind: 'stimulation', stimulation: ulidOf(n), interventions: [{ site: `layers.0.unit[${n % 6}]`, op: 'gate', strength: n % 4 === 3 ? 2 : 0, baseline: 'mean' }], compose: false, sham: n === 11 })
    const response = (n + shift) % 3
    add({
      kind: 'trial',
      trial: ulidOf(1000 + n),
      stimulation: ulidOf(n),
      battery: ulidOf(1),
      focus: n,
      target: n % 3,
      response,
      correct: response === n % 3,
      sham: n === 11,
      outputs: SHA,
      pairedOutputs: SHA,
      activations: recorder.blobs.put(floats(after)),
      pairedActivations: recorder.blobs.put(floats(before)),
      input: recorder.blobs.put(floats(Float32Array.of(n, 1, 2, 3))),
      targetLogProbability: -0.1 * n,
      margin: 0.1 * n,
      latencyMs: 1.5,
      effects: { targetLogProbability: { mean: -0.25 * (2 - shift) - n / 100, se: 0.02, n: 3 }, accuracy: { mean: -0.05, se: 0.02, n: 3 } },
      changed: 2 - shift,
    })
    time.pass(HELD)
    add({ kind: 'stimulation.off', stimulation: ulidOf(n), reason: 'released' })
  }
  return { recorder, time, add, trial }
}

function verdict(site: string, verdict: 'positive' | 'negative', tag?: number): BodyOf<'verdict'> {
  return { kind: 'verdict', mapping: ulidOf(5000), site, verdict, reason: 'made up', ...(tag === undefined ? {} : { tag }), k: verdict === 'positive' ? 3 : 0, n: 3, items: 30, lost: 12, gained: 1, p: 0.002, adjusted: 0.004, absentP: 0.5, absentAdjusted: 0.5, test: 'mcnemar-exact', correction: 'holm', effect: 0.3, interval: [0.1, 0.5], logProbability: { mean: -0.4, se: 0.1 }, strength: 0, largest: true }
}

let notes = 0
function note({ t, to = t, ...what }: { t: number, to?: number, tier: string, term?: string, text: string }): BodyOf<'annotation'> {
  return { kind: 'annotation', annotation: ulidOf(6000 + notes++), from: { t, step: 40 }, to: { t: to, step: 40 }, ...what, author: 'Ada', sites: [], trials: [], removed: false }
}
