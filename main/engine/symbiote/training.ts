/**
 * Trains a symbiote: several seeds side by side under a pressure that rises until the behaviour breaks. The circuit of a seed is
 * the smallest it passed through that still kept the behaviour, measured without noise: the budget is found, not given.
 */
import type { SymbioteCheckpoint } from '../../../preload/contract/symbiote'
import type { Stream } from '../../lib/random'
import type { Executor, Value } from '../executor/executor'
import type { Circuits } from './circuits'
import type { FamilyNet } from './families'
import type { Slots } from './slots'
import type { Form, Term } from './terms'
import { UserError } from '../../../preload/contract/errors'
import { randomStream, resumedStream } from '../../lib/random'
import { meanOf } from '../task/measures'
import { stepSize } from '../train/adam'
import { settledGate } from './hardConcrete'
import { compileLogits, compileStep, MASK_ADAM } from './step'
import { drawBatch, measured, MISSING, termValues } from './terms'

/** How the pressure rises, and how seeds live with each other. */
export interface Schedule {
  /** What all candidates together cost at first, as a share of the behaviour, and what one of them costs in the end. */
  first: number
  last: number
  /** Cost of a site that every other seed holds, above its own. */
  repulsion: number
  /** How many times circuits are measured in a run: between two measurements they shrink, and only what was measured can be kept. */
  measurements: number
  /** A seed that has had a circuit with its answers, and at so many measurements in a row has not, is at its end; undefined where it goes on. */
  patience?: number
}

export interface TrainingPlan {
  circuits: Circuits
  net: FamilyNet
  form: Form
  channels: number
  kappa: number
  terms: readonly Term[]
  /** Names of the tasks that are learned together; none where there is one. */
  together: readonly string[]
  seeds: number
  seed: number
  steps: number
  batch: number
  /** What the behaviour may lose, in its units. */
  tolerance: number
  schedule: Schedule
  /** Share of the candidates; undefined finds it. */
  budget?: number
  /** [slots · descriptors]. */
  descriptors: Float32Array<ArrayBuffer>
}

/** Means over the seeds, and over the tasks that are learned together. */
export interface TrainingStep {
  step: number
  behaviour: number
  reference?: number
  /** Share of the candidates. */
  size: number
  pressure: number
  /** [candidates], mean over the seeds and the tasks. */
  gates: () => Promise<Float32Array>
}

export interface TrainingHooks {
  step: (step: TrainingStep) => Promise<void>
  cancelled: () => boolean
}

/** Where one seed ended: the smallest circuit it passed through that kept the behaviour. */
export interface SeedResult {
  seed: number
  /** [candidates], membership m in [0, 1]; of `steer` the gate itself. */
  gates: Float32Array
  /** Of a reader: log α as a probability, which ranks sites that are all open or all shut. */
  soft?: Float32Array
  /** Of its terms in units, behaviour first. */
  values: number[]
  /** Open sites; of `steer` the dose Σ|gate − 1|. */
  size: number
  held: boolean
  /** It holds, with half of the candidates at the most, and the answers are kept as well: what is looked for first among very many candidates. */
  answering?: true
}

export interface TrainingResult {
  seeds: SeedResult[]
  history: { step: number, behaviour: number, size: number, pressure: number, reference?: number }[]
  /** Learned arrays of each seed, [seeds][array]. */
  learned: Float32Array[][]
  cancelled: boolean
  /** Where the training stands, all tasks together; of one that was applied and not trained there is none. */
  checkpoint?: SymbioteCheckpoint
}

/** Items they are measured on; a transformer answers at many positions of each. */
const MEASURED = { mlp: 512, cnn: 256, transformer: 64 } as const
/**
 * Weight of what the rest does beside what the circuit does. With as much as the circuit's own the rest comes to chance itself, at the price of a
 * fifth more sites.
 */
const REST = 0.2
/** When the behaviour of every seed has suffered this much more than it may, it will not come back. */
const LOST = 6

export async function trainSymbiote(executor: Executor, plan: TrainingPlan, hooks: TrainingHooks): Promise<TrainingResult> {
  return (await trainTogether(executor, [plan], hooks))[0]
}

/**
 * One symbiote on several tasks of a primary.
 * @param plans of each task; net, form, seeds, steps and pressure are those of the first
 * @param from where a cancelled run of the same plans stood; it ends as it would have
 * @returns of each task the circuits that its seeds came to
 */
export async function trainTogether(executor: Executor, plans: readonly TrainingPlan[], hooks: TrainingHooks, from?: SymbioteCheckpoint): Promise<TrainingResult[]> {
  const [plan] = plans
  const { circuits, net, seeds, steps } = plan
  const { slots, model } = circuits
  const { classes } = model.outputs
  if (from) checkCheckpoint(plans, from)
  const random = from ? resumedStream(from.streams.batches) : randomStream(plan.seed, 'symbiote/batches')
  const noiseOf = from ? resumedStream(from.streams.noise) : randomStream(plan.seed, 'symbiote/noise')
  const program = compileStep(executor, {
    contexts: plans.map(({ circuits: { gated }, terms }) => ({ gated, terms: terms.map(({ unit, role }) => ({ scale: (role === 'rest' ? REST : 1) / unit, rest: role === 'rest' })) })),
    model,
    net,
    form: plan.form,
    seeds,
    kappa: plan.kappa,
    repulsion: plan.schedule.repulsion,
  })
  const reader = compileLogits(executor, net, plans.length)
  const tasks = plans.map((own, t) => new TaskProgress(own, from?.tasks[t]))
  const terms = plans.flatMap(own => own.terms)
  const fixed = [
    executor.upload(plan.descriptors, [slots.count, Math.max(1, plan.descriptors.length / slots.count)]),
    executor.upload(slots.free, [slots.count]),
    executor.upload(answerBias(classes, terms), [terms.length, classes]),
  ]
  let state = from ? restoredState(executor, plan, from) : initialState(executor, plan)
  let done = from?.step ?? 0
  let cancelled = false

  const snapshot = async (): Promise<void> => {
    const [logits] = await reader([...state.slice(0, net.shapes.length), fixed[0]])
    const values = await executor.download(logits)
    executor.free(logits)
    const each = plan.channels * slots.count
    for (const [t, task] of tasks.entries()) {
      await task.keepBest(Array.from({ length: seeds }, (_, s) => candidateGates(plan, values.subarray((t * seeds + s) * each, (t * seeds + s + 1) * each))))
    }
  }

  try {
    for (let step = done + 1; step <= steps && !from?.over; step++) {
      if (hooks.cancelled()) {
        cancelled = true
        break
      }
      const pressure = pressureAt(step, plan)
      const { data, release } = await batchesOf(executor, plans, random)
      const scalars = [
        executor.upload(logistic(plans.length * seeds * plan.channels * slots.count, noiseOf.uniform), [plans.length, seeds, plan.channels, slots.count]),
        executor.upload(new Float32Array(seeds).fill(pressure), [seeds]),
        ...[...stepSize(net.rate, step, MASK_ADAM)].map(value => executor.upload(new Float32Array([value]), [1])),
      ]
      const [noise, weights, ...rates] = scalars
      const outputs = await program([...circuits.parameters, ...state, fixed[0], noise, fixed[1], fixed[2], weights, ...data, ...rates])
      executor.free(...scalars, ...state)
      release()
      const arrays = 3 * net.shapes.length
      state = outputs.slice(0, arrays)
      const [values, size, gates] = outputs.slice(arrays)
      const [ofTerms, ofSize] = [await executor.download(values), await executor.download(size)]
      if (![...ofTerms, ...ofSize].every(Number.isFinite)) {
        executor.free(values, size, gates)
        throw notFinite(step)
      }
      let at = 0
      for (const [t, task] of tasks.entries()) {
        const own = ofTerms.subarray(at, at += seeds * task.plan.terms.length)
        task.note({ step, pressure, values: own, size: meanOf(ofSize.subarray(t * seeds, (t + 1) * seeds)) / slots.addresses.length })
      }
      await hooks.step({ ...meanStep(tasks.map(({ last }) => last!)), gates: async () => meanGates(slots, await executor.download(gates)) })
      executor.free(values, size, gates)
      done = step
      if (step % Math.max(1, Math.floor(steps / plan.schedule.measurements)) === 0 || step === steps) {
        await snapshot()
        // The noise of the first steps is no loss.
        if (step > steps / 4 && plan.form !== 'steer' && tasks.every(task => task.lost)) break
      }
    }
    // Before what a cancelled run measures for itself: had it gone on, it would not have.
    const checkpoint: SymbioteCheckpoint = { step: done, over: !cancelled, state: await readAll(executor, state), streams: { batches: random.state(), noise: noiseOf.state() }, tasks: tasks.map(task => task.kept()) }
    if (cancelled) await snapshot()
    const learned = learnedOf(checkpoint.state.slice(0, net.shapes.length), seeds)
    return tasks.map(({ best, history }) => ({ seeds: best.map(result => result!), history, learned, cancelled, checkpoint }))
  }
  finally {
    executor.free(...state, ...fixed)
  }
}

/** What one of the tasks has come to so far. */
class TaskProgress {
  readonly plan: TrainingPlan
  readonly best: (SeedResult | undefined)[]
  readonly history: TrainingResult['history']
  last: TrainingResult['history'][number] | undefined
  /** Of each seed its behaviour, without the noise of a step. */
  readonly #smooth: Float64Array
  /** Of each seed how often its circuit was measured since it was last as good in kind as the one that is kept. */
  readonly #since: number[]

  constructor(plan: TrainingPlan, from?: SymbioteCheckpoint['tasks'][number]) {
    this.plan = plan
    this.best = from ? [...from.best] : Array.from({ length: plan.seeds })
    this.history = from ? [...from.history] : []
    this.#smooth = from ? Float64Array.from(from.smooth) : new Float64Array(plan.seeds).fill(Number.NaN)
    this.#since = from?.since ? [...from.since] : Array.from<number>({ length: plan.seeds }).fill(0)
  }

  /** As it is now, to be gone on with. */
  kept(): SymbioteCheckpoint['tasks'][number] {
    const since = this.#since.some(count => count > 0) ? { since: [...this.#since] } : {}
    return { smooth: [...this.#smooth], best: [...this.best], history: [...this.history], ...since }
  }

  /** @param values of its terms in units, [terms · seeds] */
  note({ step, values, size, pressure }: { step: number, values: Float32Array, size: number, pressure: number }): void {
    const { terms, seeds, steps } = this.plan
    const behaviour = values.slice(0, seeds)
    behaviour.forEach((value, s) => { this.#smooth[s] = Number.isNaN(this.#smooth[s]) ? value : 0.9 * this.#smooth[s] + 0.1 * value })
    const references = terms.flatMap(({ role, unit }, k) => role === 'reference' ? [meanOf(values.subarray(k * seeds, (k + 1) * seeds)) * unit] : [])
    const reference = references.length > 0 ? meanOf(references) : undefined
    this.last = { step, behaviour: meanOf(behaviour) * terms[0].unit, size, pressure, ...(reference === undefined ? {} : { reference }) }
    if (step % Math.max(1, Math.floor(steps / 200)) === 0 || step === steps) this.history.push(this.last)
  }

  /** Every seed has had a circuit, and has lost the behaviour since. */
  get lost(): boolean {
    const { tolerance, schedule: { patience = Infinity } } = this.plan
    return this.best.every(result => result!.held) && (this.#smooth.every(value => value > LOST * tolerance) || this.best.every((result, s) => result!.answering === true && this.#since[s] >= patience))
  }

  /** @param gates of each seed */
  async keepBest(gates: Float32Array[]): Promise<void> {
    const held = await keepBest(this.plan, this.best, gates)
    held.forEach((still, s) => { this.#since[s] = still ? 0 : this.#since[s] + 1 })
  }
}

function meanStep(steps: readonly TrainingResult['history'][number][]): TrainingResult['history'][number] {
  const [first] = steps
  if (steps.length === 1) return first
  const mean = (of: (step: typeof first) => number): number => meanOf(steps.map(of))
  return { ...first, behaviour: mean(({ behaviour }) => behaviour), size: mean(({ size }) => size), ...(first.reference === undefined ? {} : { reference: mean(({ reference }) => reference ?? 0) }) }
}

/** Of each term of each task a batch on the device: inputs, what is wanted, its entropy, and baselines. */
async function batchesOf(executor: Executor, plans: readonly TrainingPlan[], random: Stream): Promise<{ data: Value[], release: () => void }> {
  const data: Value[] = []
  const released: (() => void)[] = []
  for (const { circuits: { baselines, model }, terms, batch } of plans) {
    const { classes } = model.outputs
    // Whether nothing is left is seen on half as many.
    const batches = terms.map(term => drawBatch(term, Math.min(term.role === 'rest' ? Math.ceil(batch / 2) : batch, term.rows.length), classes, random))
    for (const [k, { inputs, rows, wanted, entropy }] of batches.entries()) {
      const { values, release } = await baselines.valuesFor(terms[k].behaviour.items, rows)
      const own = [executor.upload(inputs, [rows.length, ...model.inputs]), executor.upload(wanted, [wanted.length / classes, classes]), executor.upload(new Float32Array([entropy]), [1])]
      released.push(() => executor.free(...own), release)
      data.push(...own, ...values)
    }
  }
  return { data, release: () => released.forEach(free => free()) }
}

/**
 * What one open site costs after so many steps, in units of the behaviour: from far below what a needed site is worth to what no
 * circuit of more than a few sites can bear, in equal ratios. Every size is passed on the way, so none has to be guessed.
 */
function pressureAt(step: number, { steps, schedule: { first, last }, circuits: { slots } }: TrainingPlan): number {
  const least = first / slots.addresses.length
  return least * (last / least) ** ((step - 1) / Math.max(1, steps - 1))
}

/**
 * Keeps, for each seed, the smallest circuit that holds the behaviour; while none does, the one that comes closest.
 * @returns of each seed whether that of this moment is as good in kind as the one that is kept
 */
async function keepBest(plan: TrainingPlan, best: (SeedResult | undefined)[], gates: Float32Array[]): Promise<boolean[]> {
  const { circuits, terms, tolerance, budget, form } = plan
  const n = circuits.slots.addresses.length
  const applied = gates.map(own => form === 'steer' ? own : appliedGates(form, own))
  const most = MEASURED[circuits.model.architecture.kind]
  const [behaviour, ...others] = terms.filter(({ role }) => role !== 'rest')
  const about = await measured(circuits, behaviour, applied, most)
  const values = [about.map(({ value }) => value)]
  for (const term of others) values.push(await termValues(circuits, term, applied, most))
  return gates.map((own, s) => {
    const of = values.map(value => value[s])
    const size = form === 'steer' ? own.reduce((sum, gate) => sum + Math.abs(gate - 1), 0) : own.reduce((sum, m) => sum + (m > 0.5 ? 1 : 0), 0)
    const held = budget === undefined || form === 'steer' ? of[0] <= tolerance : size <= Math.max(1, Math.round(budget * n))
    const answering = behaviour.answers === true && held && size <= n / 2 && about[s].missed <= MISSING
    const found: SeedResult = { seed: plan.seed + s, gates: own, values: of, size, held, ...(answering ? { answering } : {}) }
    const before = best[s]
    if (!before || isBetter(found, before, budget !== undefined)) best[s] = found
    return rankOf(found) >= rankOf(best[s]!)
  })
}

function rankOf({ held, answering }: SeedResult): number {
  return held ? answering ? 2 : 1 : 0
}

function isBetter(found: SeedResult, before: SeedResult, sizeGiven: boolean): boolean {
  const ranks = rankOf(found) - rankOf(before)
  if (ranks !== 0) return ranks > 0
  const closer = found.values[0] < before.values[0]
  return sizeGiven || !found.held ? closer : found.size < before.size || (found.size === before.size && closer)
}

/** Gates of a circuit: members stay and the rest goes, or the reverse. */
export function appliedGates(form: Form, membership: ArrayLike<number>): Float32Array {
  return Float32Array.from(membership, m => (m > 0.5) === (form === 'keep') ? 1 : 0)
}

/** Settled memberships (or gates, of `steer`) of the candidates from log α [channels, slots] of one seed. */
export function candidateGates({ form, kappa, circuits: { slots } }: Pick<TrainingPlan, 'form' | 'kappa' | 'circuits'>, logits: Float32Array): Float32Array {
  return Float32Array.from(slots.slotOf, (slot) => {
    const first = settledGate(logits[slot])
    return form === 'steer' ? (1 - first) * (1 + kappa * settledGate(logits[slots.count + slot])) : first
  })
}

function initialState(executor: Executor, { net, seeds, seed }: TrainingPlan): Value[] {
  const arrays = Array.from({ length: seeds }, (_, s) => net.init(randomStream(seed + s, 'symbiote/init')))
  const learned = net.shapes.map((shape, k) => {
    const size = shape.reduce((a, b) => a * b, 1)
    const data = new Float32Array(seeds * size)
    arrays.forEach((own, s) => data.set(own[k], s * size))
    return executor.upload(data, [seeds, ...shape])
  })
  const zeros = (): Value[] => net.shapes.map(shape => executor.upload(new Float32Array(seeds * shape.reduce((a, b) => a * b, 1)), [seeds, ...shape]))
  return [...learned, ...zeros(), ...zeros()]
}

function restoredState(executor: Executor, { net, seeds }: TrainingPlan, { state }: SymbioteCheckpoint): Value[] {
  return state.map((data, i) => executor.upload(Float32Array.from(data), [seeds, ...net.shapes[i % net.shapes.length]]))
}

/** A checkpoint of another request would train on as if it were this one's. */
function checkCheckpoint(plans: readonly TrainingPlan[], { step, state, tasks }: SymbioteCheckpoint): void {
  const [{ net, seeds, steps, circuits: { slots } }] = plans
  const sizes = net.shapes.map(shape => seeds * shape.reduce((a, b) => a * b, 1))
  const fits = step <= steps && tasks.length === plans.length
    && state.length === 3 * sizes.length && state.every((data, i) => data.length === sizes[i % sizes.length])
    && tasks.every(({ best, smooth }) => smooth.length === seeds && best.length === seeds && best.every(one => one === undefined || one.gates.length === slots.addresses.length))
  if (!fits) throw new UserError({ code: 'checkpoint-unfit', message: 'What was kept of the cancelled find is not of these sites, seeds and tasks.', remedy: 'Start the find anew.' })
}

async function readAll(executor: Executor, arrays: readonly Value[]): Promise<Float32Array[]> {
  const read: Float32Array[] = []
  for (const array of arrays) read.push(await executor.download(array))
  return read
}

function learnedOf(read: readonly Float32Array[], seeds: number): Float32Array[][] {
  return Array.from({ length: seeds }, (_, s) => read.map(all => all.slice(s * all.length / seeds, (s + 1) * all.length / seeds)))
}

/** log u − log(1 − u), u uniform and kept off both ends. */
function logistic(n: number, uniform: () => number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: n }, () => {
    const u = Math.min(1 - 1e-6, Math.max(1e-6, uniform()))
    return Math.log(u / (1 - u))
  })
}

/** Of each term, what leaves its own answers alone to be compared: reference tasks have others. */
function answerBias(classes: number, terms: readonly Term[]): Float32Array<ArrayBuffer> {
  const bias = new Float32Array(terms.length * classes).fill(-1e9)
  for (const [k, { behaviour: { answers } }] of terms.entries()) {
    for (const answer of answers) bias[k * classes + answer] = 0
  }
  return bias
}

/** [candidates], over the tasks, of gates [tasks, slots]. */
function meanGates({ slotOf, count }: Slots, gates: Float32Array): Float32Array {
  const tasks = gates.length / count
  return Float32Array.from(slotOf, slot => meanOf(Array.from({ length: tasks }, (_, t) => gates[t * count + slot])))
}

function notFinite(step: number): UserError {
  return new UserError({ code: 'symbiote-diverged', message: `The symbiote's training gave a number that is not finite at step ${step}.`, remedy: 'Nothing was kept. Try another seed, or fewer stimulated sites; weights that are not finite show in "symbiote run".' })
}
