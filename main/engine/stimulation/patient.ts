/**
 * A primary on the table: its weights on the executor, its items, its calibration. Presents items and stimulates.
 * One program serves every set of interventions; the unstimulated run is the same program with neutral data, so an
 * effect never contains a difference between programs.
 */
import type { Connections, Items, Presentation, StimulateRequest, StimulateResult, Tensor } from '../../../preload/contract/engine'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { Executor, Value } from '../executor/executor'
import type { LayerIntervention } from '../primary/mlp'
import type { Calibration } from './calibration'
import type { Plan, PlanContext } from './plan'
import { argmax, logSoftmax, margin, softmax } from '../../lib/logits'
import { runAndRead, uploadTensor } from '../executor/executor'
import { forward, layerSizes, parameterShapes } from '../primary/mlp'
import { allRows, gatherInputs, gatherTargets, inputSize, itemCount } from '../task/items'
import { measurePaired } from '../task/measures'
import { calibrationOf } from './calibration'
import { strongestConnections } from './connections'
import { planInterventions } from './plan'

export interface PatientRequest {
  architecture: MlpArchitecture
  weights: Record<string, Tensor>
  items: Items
  /** Rows used for means and σ. */
  calibration: Int32Array
}

export interface OpenPatient {
  readonly calibration: Calibration
  present: (item: number) => Promise<Presentation>
  /** The unstimulated answer to every item. */
  answers: () => Promise<Int32Array>
  stimulate: (request: StimulateRequest, now: () => number) => Promise<StimulateResult>
  connections: (request: { item: number, perLayer: number, unit?: { layer: number, index: number } }) => Promise<Connections>
  dispose: () => void
}

/** Unstimulated runs kept, one per set of rows: moving a slider re-runs only the stimulated side. */
const KEPT_RUNS = 4
const CALIBRATION_CHUNK = 500

export async function openPatient(executor: Executor, patient: PatientRequest): Promise<OpenPatient> {
  const { architecture, items, weights } = patient
  const names = parameterShapes(architecture).map(([name]) => name)
  const parameters = names.map(name => uploadTensor(executor, weights[name]))
  const sizes = layerSizes(architecture)

  const plain = executor.compile(inputs => forward(architecture, inputs.slice(0, -1), inputs[inputs.length - 1]))
  const intervened = executor.compile((inputs) => {
    const rest = inputs.slice(names.length + 1)
    const interventions = sizes.map((_, l): LayerIntervention => ({ shift: rest[3 * l], scale: rest[3 * l + 1], offset: rest[3 * l + 2] }))
    return forward(architecture, inputs.slice(0, names.length), inputs[names.length], interventions)
  })

  const uploadInputs = (rows: ArrayLike<number>): Value => executor.upload(gatherInputs(items, rows), [rows.length, inputSize(items)])

  /** Every layer's value for the rows, unstimulated, [layer][row · units + unit]. */
  const observe = async (rows: ArrayLike<number>): Promise<Float32Array[]> => {
    const inputs = uploadInputs(rows)
    try {
      return await runAndRead(executor, plain, [...parameters, inputs])
    }
    finally {
      executor.free(inputs)
    }
  }

  const run = async (rows: Int32Array, plan: Plan): Promise<Float32Array[]> => {
    const changed = new Map(Object.entries(plan.weights).map(([name, tensor]) => [name, uploadTensor(executor, tensor)]))
    const own = [uploadInputs(rows), ...plan.layers.flatMap(layer => uploadLayer(executor, layer, rows.length))]
    try {
      return await runAndRead(executor, intervened, [...names.map((name, i) => changed.get(name) ?? parameters[i]), ...own])
    }
    finally {
      executor.free(...own, ...changed.values())
    }
  }

  const calibration = calibrationOf(patient.calibration, await observeInChunks(observe, patient.calibration, sizes))
  const contextOf = (rows: Int32Array): PlanContext => ({ architecture, weights, calibration, rows })
  const unstimulated = keepRecent((rows: Int32Array) => run(rows, planInterventions({ interventions: [], compose: false }, contextOf(rows))))

  /** The counterfactual partners' run, for `patch`; undefined where the data set has none. */
  const counterfactualRun = async (rows: Int32Array): Promise<Float32Array[] | undefined> => {
    const partner = items.counterfactual
    if (!partner) return undefined
    const inputs = executor.upload(gatherInputs({ ...items, inputs: partner }, rows), [rows.length, inputSize(items)])
    try {
      return await runAndRead(executor, plain, [...parameters, inputs])
    }
    finally {
      executor.free(inputs)
    }
  }

  const presentationOf = (item: number, values: Float32Array[], row: number): Presentation => {
    const activations = values.map((layer, l) => layer.slice(row * sizes[l], (row + 1) * sizes[l]))
    return {
      item,
      target: items.targets[item],
      input: gatherInputs(items, [item]),
      activations,
      probabilities: softmax(activations[activations.length - 1]),
    }
  }

  const stimulate = async ({ set, focus, battery }: StimulateRequest, now: () => number): Promise<StimulateResult> => {
    const start = now()
    const rows = Int32Array.of(focus, ...battery)
    const context = contextOf(rows)
    if (set.interventions.some(({ op }) => op === 'patch')) context.counterfactual = await counterfactualRun(rows)
    // Planned first: a set that makes no sense costs no run.
    const plan = planInterventions(set, context)
    const before = await unstimulated(rows)
    const after = await run(rows, plan)
    const last = sizes.length - 1
    const classes = sizes[last]
    const targets = gatherTargets(items, battery)
    return {
      before: presentationOf(focus, before, 0),
      after: presentationOf(focus, after, 0),
      measures: measurePaired(before[last].subarray(classes), after[last].subarray(classes), targets, classes),
      changed: changedAnswers(before[last].subarray(classes), after[last].subarray(classes), battery, targets, classes),
      focus: focusOf(after[last].subarray(0, classes), items.targets[focus]),
      outputs: after[last],
      pairedOutputs: before[last],
      latencyMs: now() - start,
    }
  }

  return {
    calibration,
    stimulate,
    answers: async () => {
      const rows = allRows(itemCount(items))
      const values = await observeInChunks(observe, rows, sizes)
      const classes = sizes[sizes.length - 1]
      return rows.map(row => argmax(values[values.length - 1].subarray(row * classes, (row + 1) * classes)))
    },
    present: async item => presentationOf(item, await observe([item]), 0),
    connections: async ({ item, perLayer, unit }) => {
      const values = await observe([item])
      const sources = [gatherInputs(items, [item]), ...values.slice(0, -1)]
      return strongestConnections(architecture, weights, sources, perLayer, unit)
    },
    dispose: () => executor.free(...parameters),
  }
}

function focusOf(logits: Float32Array, target: number): StimulateResult['focus'] {
  return { targetLogProbability: logSoftmax(logits)[target], margin: margin(logits, target) }
}

function uploadLayer(executor: Executor, { shift, scale, offset }: Plan['layers'][number], rows: number): Value[] {
  const units = scale.length
  return [executor.upload(shift, [rows, units]), executor.upload(scale, [units]), executor.upload(offset, [rows, units])]
}

async function observeInChunks(observe: (rows: Int32Array) => Promise<Float32Array[]>, rows: Int32Array, sizes: number[]): Promise<Float32Array[]> {
  const values = sizes.map(units => new Float32Array(rows.length * units))
  for (let at = 0; at < rows.length; at += CALIBRATION_CHUNK) {
    const chunk = await observe(rows.subarray(at, at + CALIBRATION_CHUNK))
    chunk.forEach((layer, l) => values[l].set(layer, at * sizes[l]))
  }
  return values
}

function changedAnswers(before: Float32Array, after: Float32Array, battery: Int32Array, targets: Int32Array, classes: number): StimulateResult['changed'] {
  const answer = (logits: Float32Array, i: number): number => argmax(logits.subarray(i * classes, (i + 1) * classes))
  return Array.from(battery, (item, i) => ({ item, target: targets[i], before: answer(before, i), after: answer(after, i) }))
    .filter(change => change.before !== change.after)
}

/** Remembers the last few results by the rows they were computed for. */
function keepRecent(compute: (rows: Int32Array) => Promise<Float32Array[]>): (rows: Int32Array) => Promise<Float32Array[]> {
  const kept = new Map<string, Float32Array[]>()
  return async (rows) => {
    const key = rows.join()
    const known = kept.get(key)
    if (known) return known
    const result = await compute(rows)
    kept.set(key, result)
    if (kept.size > KEPT_RUNS) kept.delete(kept.keys().next().value!)
    return result
  }
}
