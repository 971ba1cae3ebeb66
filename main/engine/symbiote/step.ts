/**
 * One step of the symbiote's training as one program: gates of all seeds, their passes, gradients and the optimiser's update.
 * Seeds repel each other: a site that others hold costs more, so where a behaviour has several carriers each seed keeps another one, and
 * where it has one, all keep it.
 */
import type { Executor, Program } from '../executor/executor'
import type { NdArray } from '../executor/jax'
import type { Circuits } from './circuits'
import type { FamilyNet } from './families'
import type { Gated } from './gated'
import type { Form } from './terms'
import { nn, np, valueAndGrad, vmap } from '../executor/jax'
import { adamUpdate } from '../train/adam'
import { hardConcrete } from './hardConcrete'

/** Of the optimiser: gates follow the pressure, so a short memory. */
export const MASK_ADAM = { beta1: 0.9, beta2: 0.99, weightDecay: 0 }
/** Share of the L0 penalty beside the dose where sites are pushed both ways: what is not needed ends at exactly 1. */
const STEER_L0 = 0.1

/** jax-js' own type of it leaves the auxiliary results out. */
type WithAux = <T extends NdArray[]>(f: (x: T) => [NdArray, NdArray[]], options: { hasAux: true }) => (x: T) => [[NdArray, NdArray[]], T]

export interface StepOptions {
  /** One for each of the tasks that are learned together: how its terms are run, of each 1 / unit, and whether it is about what the circuit leaves. */
  contexts: readonly { gated: Gated, terms: readonly { scale: number, rest: boolean }[] }[]
  model: Circuits['model']
  net: FamilyNet
  form: Form
  seeds: number
  /** Largest stimulation: gates reach 1 + kappa. */
  kappa: number
  /** Cost of a site that every other seed holds, above its own. */
  repulsion: number
}

/**
 * [parameters of the primary, learned arrays, first and second moments, descriptors [slots, D], noise [contexts, seeds, channels, slots], free [slots],
 * bias of the answers [terms, classes], pressure [seeds], then of each term of each context inputs, wanted, entropy [1], baselines; rate, ε, kept]
 * → [learned arrays, moments, values [terms, seeds] in units, size [contexts, seeds], mean gate [contexts, slots]]
 */
export function compileStep(executor: Executor, { contexts, model, net, form, seeds, kappa, repulsion }: StepOptions): Program {
  const count = model.parameters.length
  const arrays = net.shapes.length
  const baselines = contexts[0].gated.baselineHooks.length
  return executor.compile((inputs) => {
    const parameters = inputs.slice(0, count)
    const learned = inputs.slice(count, count + arrays)
    const [first, second] = [1, 2].map(k => inputs.slice(count + k * arrays, count + (k + 1) * arrays))
    const [descriptors, noise, free, answers, pressure, ...given] = inputs.slice(count + 3 * arrays)
    const [rate, epsilon, kept] = given.splice(-3)
    const tasks = contexts.map(({ gated, terms }, context) => ({
      gated,
      noise: noise.ref.slice([context, context + 1]).reshape(noise.shape.slice(1)),
      terms: terms.map((term) => {
        const [items, wanted, entropy, ...values] = given.splice(0, 3 + baselines)
        return { ...term, inputs: items, wanted, entropy, baselines: values }
      }),
    }))
    noise.dispose()
    const logitsOf = (arrays: NdArray[], context: number): NdArray => vmap((own: NdArray[], about: NdArray) => net.logits(own, about, context), [0, null])(arrays, descriptors.ref)
    const costs = tasks.map((_, context) => repelled(logitsOf(learned.map(a => a.ref), context), seeds, repulsion).mul(pressure.ref.reshape([seeds, 1, 1])).mul(free.ref))

    const loss = (arrays: NdArray[]): [NdArray, NdArray[]] => {
      const totals: NdArray[] = []
      const values: NdArray[] = []
      const sizes: NdArray[] = []
      const means: NdArray[] = []
      let k = 0
      for (const [context, { gated, noise, terms }] of tasks.entries()) {
        const logits = logitsOf(context === tasks.length - 1 ? arrays : arrays.map(a => a.ref), context)
        const membership = hardConcrete.sample(logits.ref, noise)
        const left = terms.some(({ rest }) => rest) ? gatesOf('remove', membership.ref, free.ref, kappa) : undefined
        const gates = gatesOf(form, membership, free.ref, kappa)
        const open = hardConcrete.expected(logits)
        const weight = form === 'steer' ? open.mul(STEER_L0).add(np.abs(gates.ref.sub(1)).reshape([seeds, 1, -1])) : open
        sizes.push(weight.ref.mul(free.ref).sum([1, 2]).reshape([1, seeds]))
        totals.push(weight.mul(costs[context]).sum())
        for (const { scale, rest, inputs: items, wanted, entropy, baselines } of terms) {
          const one = (own: NdArray, input: NdArray, values: NdArray[], of: NdArray[]): NdArray => gated.forward(of, input, own, values)
          const outputs = vmap(one, [0, null, null, null])((rest ? left! : gates).ref, items, baselines, parameters.map(p => p.ref))
          // [seeds, rows, classes]
          const logs = nn.logSoftmax(outputs.add(answers.ref.slice([k, k + 1])), -1)
          const value = entropy.sub(logs.mul(wanted).sum([1, 2])).mul(scale)
          totals.push(value.ref.sum())
          values.push(value.reshape([1, seeds]))
          k++
        }
        left?.dispose()
        means.push(np.mean(gates, 0, { keepdims: true }))
      }
      return [totals.reduce((sum, total) => sum.add(total)), [joined(values), joined(sizes), joined(means)]]
    }
    const [[total, about], gradients] = (valueAndGrad as unknown as WithAux)(loss, { hasAux: true })(learned.map(a => a.ref))
    total.dispose()
    for (const used of [descriptors, free, answers, pressure, ...parameters]) used.dispose()
    const next = adamUpdate(learned, gradients, { first, second }, { rate, epsilon, kept }, MASK_ADAM)
    return [...next.parameters, ...next.first, ...next.second, ...about]
  })
}

function joined(rows: NdArray[]): NdArray {
  return rows.length === 1 ? rows[0] : np.concatenate(rows, 0)
}

/** [seeds, channels, slots]: what a site costs, more the more of the other seeds hold it. Takes the logits. */
function repelled(logits: NdArray, seeds: number, repulsion: number): NdArray {
  const open = hardConcrete.expected(logits)
  if (seeds === 1 || repulsion === 0) return open.mul(0).add(1)
  const others = np.sum(open.ref, 0, { keepdims: true }).sub(open)
  return others.mul(repulsion / (seeds - 1)).add(1)
}

/** Membership [seeds, channels, slots] to gates [seeds, slots]; 1 where there is no candidate. */
function gatesOf(form: Form, membership: NdArray, free: NdArray, kappa: number): NdArray {
  const [seeds, channels, slots] = membership.shape
  if (form !== 'steer') {
    const m = membership.reshape([seeds, slots])
    return form === 'keep' ? m.sub(1).mul(free).add(1) : np.subtract(1, m.mul(free))
  }
  if (channels !== 2) throw new Error('steering pushes both ways')
  const inhibited = membership.ref.slice([], [0, 1]).reshape([seeds, slots])
  const stimulated = membership.slice([], [1, 2]).reshape([seeds, slots])
  const gate = np.subtract(1, inhibited).mul(stimulated.mul(kappa).add(1))
  return gate.sub(1).mul(free).add(1)
}

/** log α [contexts, seeds, channels, slots] of the learned arrays. */
export function compileLogits(executor: Executor, net: FamilyNet, contexts = 1): Program {
  return executor.compile((inputs) => {
    const arrays = inputs.slice(0, net.shapes.length)
    const about = inputs[net.shapes.length]
    const all = Array.from({ length: contexts }, (_, context) => {
      const logits = vmap((own: NdArray[], descriptors: NdArray) => net.logits(own, descriptors, context), [0, null])(arrays.map(a => a.ref), about.ref)
      return logits.reshape([1, ...logits.shape])
    })
    for (const used of [...arrays, about]) used.dispose()
    return [joined(all)]
  })
}
