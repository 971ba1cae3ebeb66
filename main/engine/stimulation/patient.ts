/**
 * A primary on the table: its weights on the executor, its items, what is known of it. Presents items and stimulates.
 * The unstimulated run of a pair is the same program with neutral data, so an effect never contains a difference
 * between programs.
 */
import type { Span } from '../../../preload/contract/address'
import type { Connections, Items, Presentation, StimulateRequest, StimulateResult, Tensor } from '../../../preload/contract/engine'
import type { Architecture } from '../../../preload/contract/primary'
import type { Executor, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import type { Calibration } from './calibration'
import type { Plan } from './plan'
import { argmax, logSoftmax, margin } from '../../lib/logits'
import { uploadTensor } from '../executor/executor'
import { modelOf } from '../primary/models'
import { allRows, answerPosition, answerTarget, gatherInputs, gatherMask, gatherTargets, itemCount } from '../task/items'
import { measurePaired } from '../task/measures'
import { calibrationOf } from './calibration'
import { strongestConnections } from './connections'
import { Knowledge } from './knowledge'
import { Observer } from './observing'
import { neutralPlan, planTargets } from './plan'
import { Prefixes } from './prefixes'
import { presentationOf, shownSheets } from './presentation'
import { programKey, Programs } from './programs'
import { targetsOf } from './targets'

export interface PatientRequest {
  architecture: Architecture
  weights: Record<string, Tensor>
  items: Items
  /** Rows used for means and σ. */
  calibration: Int32Array
  /** By address; see `Patient`. */
  directions?: Record<string, Float32Array>
  /** Of the calibration items, where they are known already. */
  statistics?: Pick<Calibration, 'mean' | 'sigma'>
}

export interface OpenPatient {
  readonly model: Model
  readonly calibration: Calibration
  readonly knowledge: Knowledge
  /** Unstimulated values of hooks and patterns. */
  readonly observer: Observer
  present: (item: number) => Promise<Presentation>
  /** Unstimulated values of hooks and patterns for some items. */
  observe: (names: string[], rows: Int32Array) => Promise<Record<string, Tensor>>
  /** The unstimulated answer to every item. */
  answers: () => Promise<Int32Array>
  stimulate: (request: StimulateRequest, now: () => number) => Promise<StimulateResult>
  connections: (request: { item: number, perLayer: number, unit?: { layer: number, index: number } }) => Promise<Connections>
  dispose: () => void
}

/** Unstimulated runs kept, one per program and set of rows: moving a slider re-runs only the stimulated side. */
const KEPT_RUNS = 4

export async function openPatient(executor: Executor, patient: PatientRequest): Promise<OpenPatient> {
  const { architecture, items, weights } = patient
  const model = modelOf(architecture, { tensors: Object.keys(weights), positions: items.inputs.shape[1] })
  const names = model.parameters.map(([name]) => name)
  const parameters = names.map(name => uploadTensor(executor, weights[name]))
  const sheets = shownSheets(model)
  const hooks = sheets.flatMap(({ hook }) => hook ?? [])
  const observer = new Observer(executor, model, parameters)
  const span = answeringSpan(model, items)
  const programs = new Programs(executor, model, hooks, span)
  const prefixes = new Prefixes(executor, model, parameters, hooks)
  const partners = items.counterfactual && { ...items, inputs: items.counterfactual }

  const knowledge = new Knowledge({
    model,
    weights,
    directions: patient.directions ?? {},
    calibration: patient.calibration,
    chunk: observer.chunk,
    observe: async (rows, hooks) => (await observer.observe(items, rows, hooks)).values,
    ...(partners ? { observePartners: async (rows: Int32Array, hooks: string[]) => (await observer.observe(partners, rows, hooks)).values } : {}),
  })
  const calibration = patient.statistics ?? await calibrate(model, items, patient.calibration, observer)
  // Where a sheet shows a hook as it is, its statistics are those.
  sheets.forEach(({ module, hook }, s) => {
    if (module.startsWith('layers.')) knowledge.learn(hook ?? module, { mean: calibration.mean[s], sigma: calibration.sigma[s] })
  })

  const upload = (rows: Int32Array): Value => executor.upload(gatherInputs(items, rows), [rows.length, ...model.inputs])
  /** Outputs, then the sheets' hooks of the first row. */
  const run = async (rows: Int32Array, plan: Plan): Promise<Float32Array[]> => {
    const prefix = plan.begin && await prefixes.at(plan.begin, rows, () => upload(rows))
    const inputs = prefix ? [] : [upload(rows)]
    const changed = new Map(Object.entries(plan.weights).map(([name, tensor]) => [name, uploadTensor(executor, tensor)]))
    try {
      const [outputs, ...values] = await programs.run(names.map((name, i) => changed.get(name) ?? parameters[i]), prefix?.values ?? inputs, plan)
      const seen = programs.observed(plan)
      return [outputs, ...hooks.map(hook => seen.includes(hook) ? values[seen.indexOf(hook)] : prefix!.observed[hook])]
    }
    finally {
      executor.free(...inputs, ...changed.values())
    }
  }
  const tokens = model.outputs.positions > 1
  const answered: Answered = { tokens, positions: span ? span.to - span.from : model.outputs.positions, classes: model.outputs.classes, first: span?.from ?? 0, ...(span ? { span } : {}) }
  const unstimulated = keepRecent((rows: Int32Array, plan: Plan) => run(rows, neutralPlan(plan)))

  const stimulate = async ({ set, focus, battery }: StimulateRequest, now: () => number): Promise<StimulateResult> => {
    const start = now()
    const rows = Int32Array.of(focus, ...battery)
    // Planned first: a set that makes no sense costs no run.
    const targets = targetsOf(set, model)
    const plan = planTargets(targets, { model, weights, knowledge, facts: await knowledge.factsFor(targets, rows) })
    const before = await unstimulated(rows, plan)
    const after = await run(rows, plan)
    const present = ([outputs, ...values]: Float32Array[]): Presentation => presentationOf(model, items, focus, values, outputs.subarray(0, outputs.length / rows.length), span?.from)
    const [shown, result] = [present(before), present(after)]
    const logits = result.activations[result.activations.length - 1]
    return {
      before: shown,
      after: result,
      ...compare(answered, items, battery, before[0], after[0]),
      focus: { targetLogProbability: logSoftmax(logits)[result.target], margin: margin(logits, result.target) },
      outputs: counted(answered, items, rows, after[0]),
      pairedOutputs: counted(answered, items, rows, before[0]),
      latencyMs: now() - start,
    }
  }

  return {
    model,
    calibration,
    knowledge,
    observer,
    stimulate,
    observe: async (names, rows) => {
      const { values } = await observer.observe(items, rows, names)
      return Object.fromEntries(names.map((name) => {
        const shape = model.hooks.find(hook => hook.name === name)?.shape ?? patternShape(model)
        return [name, { shape: [rows.length, ...shape], data: values[name] }]
      }))
    },
    answers: async () => {
      const rows = allRows(itemCount(items))
      const { outputs } = await observer.observe(items, rows, [])
      return rows.map(row => answerOf({ tokens, ...model.outputs, first: 0 }, items, row, outputs, row))
    },
    present: async (item) => {
      const { outputs, values } = await observer.observe(items, Int32Array.of(item), hooks)
      return presentationOf(model, items, item, hooks.map(hook => values[hook]), outputs)
    },
    connections: async ({ item, perLayer, unit }) => {
      if (architecture.kind !== 'mlp') return strongestConnections([], weights, [], perLayer, unit)
      const { values } = await observer.observe(items, Int32Array.of(item), hooks)
      return strongestConnections([...architecture.hidden, architecture.outputs], weights, [gatherInputs(items, [item]), ...hooks.map(hook => values[hook])], perLayer, unit)
    },
    dispose: () => {
      prefixes.dispose()
      executor.free(...parameters)
    },
  }
}

/** [heads, query, key]. */
function patternShape({ architecture, inputs: [positions] }: Model): number[] {
  return architecture.kind === 'transformer' ? [architecture.heads, positions, positions] : []
}

/** What the sheets show of the calibration items. */
async function calibrate(model: Model, items: Items, rows: Int32Array, observer: Observer): Promise<Calibration> {
  const sheets = shownSheets(model)
  const hooks = sheets.flatMap(({ hook }) => hook ?? [])
  const shown = sheets.map(({ size }) => new Float32Array(rows.length * size))
  for (let at = 0; at < rows.length; at += observer.chunk) {
    const part = rows.subarray(at, at + observer.chunk)
    const { outputs, values } = await observer.observe(items, part, hooks)
    const one = (all: Float32Array, i: number): Float32Array => all.subarray(i * all.length / part.length, (i + 1) * all.length / part.length)
    part.forEach((row, i) => {
      const { activations } = presentationOf(model, items, row, hooks.map(hook => one(values[hook], i)), one(outputs, i))
      activations.forEach((sheet, s) => shown[s].set(sheet, (at + i) * sheet.length))
    })
  }
  return calibrationOf(rows.length, shown)
}

/** Positions of an item that outputs are of: all, or those from `first` on in which all answers that count lie. */
interface Answered { tokens: boolean, positions: number, classes: number, first: number, span?: Span }

/** Positions between the first and the last at which any item's answer counts; undefined where those are all. */
function answeringSpan({ inputs: [positions], outputs }: Model, items: Items): Span | undefined {
  if (outputs.positions === 1 || !items.mask) return undefined
  const counts = (t: number): boolean => items.mask!.some((weight, row) => weight > 0 && row % positions === t)
  const all = Array.from({ length: positions }, (_, t) => t).filter(counts)
  return all.length === 0 || all.length === positions ? undefined : { from: all[0], to: all[all.length - 1] + 1 }
}

/** Paired measures of the battery, whose rows stand after the focus item's, and the answers that changed. */
function compare(answered: Answered, items: Items, battery: Int32Array, before: Float32Array, after: Float32Array): Pick<StimulateResult, 'measures' | 'changed'> {
  const { positions, classes, span } = answered
  const [a, b] = [before.subarray(positions * classes), after.subarray(positions * classes)]
  const targets = gatherTargets(items, battery, span)
  const changed = Array.from(battery, (item, i) => ({ item, target: answerTarget(items, item), before: answerOf(answered, items, item, a, i), after: answerOf(answered, items, item, b, i) }))
  return {
    measures: measurePaired(a, b, { targets, classes, positions, ...(items.mask ? { mask: gatherMask(items, battery, span) } : {}) }),
    changed: changed.filter(change => change.before !== change.after),
  }
}

/** The answer to an item whose logits are the i-th in `outputs`. */
function answerOf({ tokens, positions, classes, first }: Answered, items: Items, item: number, outputs: Float32Array, i: number): number {
  const at = (i * positions + (tokens ? answerPosition(items, item) - first : 0)) * classes
  return argmax(outputs.subarray(at, at + classes))
}

/** Logits at the positions that count. */
function counted(answered: Answered, items: Items, rows: Int32Array, outputs: Float32Array): Float32Array {
  const { tokens, classes, span } = answered
  if (!tokens || !items.mask) return outputs
  const kept = [...gatherMask(items, rows, span).entries()].flatMap(([row, weight]) => weight > 0 ? [row] : [])
  const logits = new Float32Array(kept.length * classes)
  kept.forEach((row, i) => logits.set(outputs.subarray(row * classes, (row + 1) * classes), i * classes))
  return logits
}

/** Remembers the last few results by program and rows. */
function keepRecent(compute: (rows: Int32Array, plan: Plan) => Promise<Float32Array[]>): (rows: Int32Array, plan: Plan) => Promise<Float32Array[]> {
  const kept = new Map<string, Float32Array[]>()
  return async (rows, plan) => {
    const key = `${programKey(plan)}/${rows.join()}`
    const known = kept.get(key)
    if (known) return known
    const result = await compute(rows, plan)
    kept.set(key, result)
    if (kept.size > KEPT_RUNS) kept.delete(kept.keys().next().value!)
    return result
  }
}
