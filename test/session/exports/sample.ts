/** A session with something of everything, hostile text among it, written by the recorder as a real one is. */
import type { EventBody } from '../../../preload/contract/session'
import { Buffer } from 'node:buffer'
import { layoutOf } from '../../../preload/contract/layout'
import { create, SHA, StillTime, ulidOf } from '../support'

export const ARCHITECTURE = { kind: 'mlp' as const, inputs: 4, hidden: [6, 5], outputs: 3, activation: 'relu' as const }

export const HOSTILE = [
  '<script>document.title = "owned"</script>',
  '<img src=x onerror="document.title=\'owned\'">',
  '"\'><svg onload=alert(1)>',
  '=HYPERLINK("http://127.0.0.1/","x")',
  '+1+cmd|\' /C calc\'!A0',
  '@SUM(1)',
  '-2+3',
  '\t=1',
  '\'quoted',
  'comma, "quote"\r\nand a line',
  '</style><style>body{display:none}</style>',
  '‮reversed',
  '{{ constructor }} %s',
]

/** Activations of every sheet after the input, one after another. */
const WIDTH = layoutOf(ARCHITECTURE).sheets.slice(1).reduce((sum, { size }) => sum + size, 0)

/** What is monitored of two sites for half a second, every 50 ms; at first nothing is shown. */
export const MONITORED = {
  sites: ['layers.0.unit[5]', 'layers.1'],
  t0: 1_000_000_000,
  dt: 50_000_000,
  values: Array.from({ length: 10 }, (_, i) => [i === 0 ? Number.NaN : Math.fround(i / 3), i === 0 ? Number.NaN : Math.fround(-i / 7)]),
}

export interface Sample {
  folder: string
  /** Recorded activations by trial number, and those without stimulation. */
  activations: Map<number, { after: Float32Array, before: Float32Array }>
  effects: Float64Array
}

const floats = (values: Float32Array | Float64Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

export function writeRichSession(folder: string): Sample {
  const time = new StillTime()
  const recorder = create(folder, { time })
  const { blobs } = recorder
  const add = (body: EventBody, ms = 125): void => {
    recorder.append(body, 40)
    time.pass(ms)
  }
  const still = blobs.put(floats(new Float32Array(WIDTH)))
  add({
    kind: 'provenance',
    primary: { name: 'tiny <b>net</b>', path: 'primaries/tiny', architecture: ARCHITECTURE, weightsSha256: SHA, weightsBytes: 812, step: 40 },
    dataset: { name: 'dots', sha256: SHA, items: 30, classNames: ['left', '<i>up</i>', '=right'], inputShape: [4] },
    statistics: { items: 30, mean: still, sigma: still },
    engine: { executor: 'wasm', device: 'CPU', threads: 1, versions: { '@jax-js/jax': '0.1.25' } },
    host: { os: 'Linux', node: '24.0.0' },
  })
  add({ kind: 'battery', battery: ulidOf(1), items: [0, 3, 7], seed: 7 })
  for (let unit = 0; unit < 6; unit++)
    add({ kind: 'site', address: `layers.0.unit[${unit}]`, site: 'unit', size: 1, position: [1, unit, -unit / 3], mean: 0.5 + unit, sigma: 0.1 * (unit + 1) }, 0)
  add({ kind: 'site', address: 'layers.1.weight[2,3]', site: 'weight', size: 1, position: [2.5, 0, 0.125], mean: -0.25, sigma: 0 }, 0)

  const activations: Sample['activations'] = new Map()
  const strengths = [0, 0.5, 1, 1.5, 2]
  for (let n = 0; n < 20; n++) {
    const sham = n % 10 === 9
    const strength = sham ? 1 : strengths[n % 5]!
    const weight = n === 7
    add({ kind: 'stimulation', stimulation: ulidOf(100 + n), interventions: weight ? [{ site: 'layers.1.weight[2,3]', op: 'drive', strength: -2 }] : [{ site: `layers.0.unit[${Math.floor(n / 5)}]`, op: 'gate', strength, baseline: 'mean' }], compose: false, sham }, 20)
    const before = Float32Array.from({ length: WIDTH }, (_, i) => Math.fround(i / 7 + n))
    const after = Float32Array.from({ length: WIDTH }, (_, i) => Math.fround(i / 7 + n + (strength - 1) / 3))
    activations.set(n, { after, before })
    add({
      kind: 'trial',
      trial: ulidOf(1000 + n),
      stimulation: ulidOf(100 + n),
      battery: ulidOf(1),
      focus: n,
      target: n % 3,
      response: n % 4 === 0 ? (n + 1) % 3 : n % 3,
      correct: n % 4 !== 0,
      sham,
      outputs: SHA,
      pairedOutputs: SHA,
      activations: blobs.put(floats(after)),
      pairedActivations: blobs.put(floats(before)),
      input: blobs.put(floats(Float32Array.from([n, 1, 2, 3]))),
      targetLogProbability: n === 4 ? Number.NEGATIVE_INFINITY : -0.1 * n - 1 / 3,
      margin: n === 5 ? Number.NaN : 0.1 * n,
      latencyMs: 1.5 + n,
      effects: { loss: { mean: sham ? 0 : (1 - strength) / 7, se: sham ? 0 : 0.01, n: 3 }, accuracy: { mean: -0.05, se: 0.02, n: 3 } },
      changed: n % 3,
    }, 30)
    // The last one stays on to the end of the recording.
    if (n < 19)
      add({ kind: 'stimulation.off', stimulation: ulidOf(100 + n), reason: n % 2 === 0 ? 'replaced' : 'released' })
  }
  for (const [n, text] of HOSTILE.entries()) {
    const at = { t: 1_000_000_000 + n * 7, step: 40 }
    add({ kind: 'annotation', annotation: ulidOf(3000 + n), from: at, to: n % 2 === 0 ? at : { t: at.t + 500_000_001, step: 40 }, tier: n < 6 ? 'notes' : text, ...(n % 3 === 0 ? { term: text } : {}), text, author: text, sites: ['layers.0.unit[1]'], trials: [ulidOf(1000 + n)], removed: false }, 1)
  }
  add({ kind: 'tag', tag: ulidOf(2001), number: 1, site: 'layers.0.unit[2]', text: 'first <u>word</u>', removed: false })
  add({ kind: 'tag', tag: ulidOf(2002), number: 2, site: 'layers.0.unit[3]', text: 'taken off', removed: true })
  add({ kind: 'view', position: [1, 2, 3], target: [0, 0, 0], selection: 'layers.0.unit[2]' })
  add({ kind: 'training', run: ulidOf(9), state: 'progress', step: 3, loss: 0.5 })
  const { sites: channels, t0, dt, values } = MONITORED
  add({ kind: 'signal', t0, dt, samples: values.length, channels, dtype: 'float32', data: blobs.put(floats(Float32Array.from(values.flat()))) })
  add({ kind: 'instrument', what: 'engine-lost', message: 'it went' })

  const addresses = Array.from({ length: 11 }, (_, i) => i < 6 ? `layers.0.unit[${i}]` : `layers.1.unit[${i - 6}]`)
  const effects = Float64Array.from({ length: 22 }, (_, i) => i % 2 === 1 ? 0.001 : i === 20 ? Number.NaN : (i - 9) / 13)
  add({ kind: 'sweep', sweep: ulidOf(70), operation: { op: 'gate', strength: 0, baseline: 'mean' }, measure: 'loss', method: 'exact', state: 'cancelled', items: 3, rows: blobs.put(floats(new Float32Array(3))), sites: 11, done: 10, addresses: blobs.put(Buffer.from(addresses.join('\n'))), effects: blobs.put(floats(effects)), baseline: { loss: 0.3 }, seconds: 1.5 })
  writeFind(add, blobs.put.bind(blobs), addresses)
  add({ kind: 'verification', executor: 'wasm', device: 'CPU', trials: 20, classes: { 'bit-exact': 19, 'ulp': 1, 'same-decision': 0, 'different': 0 }, maxUlp: 3 })
  // Of a kind that no version knows yet.
  add({ kind: 'oracle', says: '=later <b>' } as unknown as EventBody)
  recorder.close()
  return { folder, activations, effects }
}

function writeFind(add: (body: EventBody) => void, put: (bytes: Uint8Array) => string, addresses: string[]): void {
  const asked = { sites: 'units' as const, objective: 'sufficient' as const, family: 'free' as const, baseline: 'mean' as const, budget: 'auto' as const, seeds: 2, seed: 1, certificate: 'full' as const }
  const measures = { sites: 3, kl: { mean: 0.02, se: 0.01, q10: 0, q50: 0.01, q90: 0.05, q99: 0.2 }, accuracy: 0.9, accuracyKept: 0.95, agreement: 0.94, faithfulness: 0.93 }
  const certificate = {
    format: 'symbiote-certificate/1',
    asked: {},
    full: { accuracy: 0.95, loss: 0.2, chance: 0.33 },
    circuit: measures,
    complement: measures,
    curve: [0.1, 0.3, 1].map(share => ({ share, sites: Math.round(11 * share), kl: 1 - share, faithfulness: share, accuracy: share })),
    random: { circuits: 100, sufficiencyP: 0.0099, sufficiency: { mean: 0.2, best: 0.5 }, necessityP: 0.02, necessity: { mean: 0.1, best: 0.3 } },
    parts: [{ part: 'faithfulness', passed: true, text: 'KL 0.02 <b>nats</b>' }, { part: 'controls', text: 'not run' }],
    verdict: { certified: false, sentence: 'Not certified: <i>controls</i> were not run.', weakest: 'controls' },
  }
  const find = { kind: 'symbiote' as const, find: ulidOf(80), asked, task: { name: 'dots', sha256: SHA, train: 20, heldOut: 10 }, references: [] }
  add({ ...find, state: 'running' })
  add({ kind: 'symbiote.gates', find: ulidOf(80), phase: 'training', share: 0.5, gates: put(new Uint8Array(11).fill(100)) })
  const json = (value: unknown): string => put(Buffer.from(JSON.stringify(value)))
  add({
    ...find,
    state: 'finished',
    result: {
      sites: 11,
      members: 3,
      certified: false,
      verdict: certificate.verdict.sentence,
      addresses: put(Buffer.from(addresses.join('\n'))),
      score: put(floats(Float64Array.from({ length: 11 }, (_, i) => i / 11))),
      member: put(Uint8Array.from({ length: 11 }, (_, i) => i > 7 ? 1 : 0)),
      membership: put(floats(Float32Array.from({ length: 11 }, (_, i) => i > 7 ? 0.5 : 0))),
      gates: put(floats(Float32Array.from({ length: 11 }, (_, i) => i > 7 ? 1 : 0))),
      rivals: json([]),
      certificate: json(certificate),
      history: json([]),
      seconds: { training: 3, certificate: 2 },
    },
  })
}
