/**
 * Where a stimulated run may begin: at the last place before anything is changed, with the values the unstimulated run has
 * there. Moving a slider then computes only what the slider can reach. Which place that is depends on what is touched alone,
 * never on how strongly, so both sides of a pair begin at the same one.
 */
import type { Model } from '../primary/model'
import type { Plan } from './plan'

/** After every hook. */
const OUTPUTS = 'outputs'
/** Before every hook: there is none of that name. */
const INPUTS = 'inputs'

export interface Beginning {
  hook: string
  /** What runs past the hook, where it does not cut the computation by itself. */
  stream?: string
}

/** Undefined where a run has to begin at the inputs, or changes nothing. */
export function beginningOf({ hooks, reads, weights }: Pick<Plan, 'hooks' | 'reads' | 'weights'>, model: Model): Beginning | undefined {
  const order = model.hooks.map(({ name }) => name)
  const touched = [
    ...Object.keys(hooks),
    ...reads.flatMap(({ reader, writers }) => [hookOfReader(reader), ...Object.keys(writers).map(hookOfWriter)]),
    ...Object.keys(weights).map(name => hookOfTensor(name, order)),
  ].map(name => name === OUTPUTS ? order.length : order.indexOf(name))
  if (touched.length === 0) return undefined
  const first = Math.min(...touched)
  const beside = order.filter(name => name.endsWith('.attn.z'))
  const hook = order.slice(0, first + 1).findLast(name => model.cuts.includes(name) || beside.includes(name))
  return hook === undefined ? undefined : { hook, ...(beside.includes(hook) ? { stream: hook.replace('attn.z', 'resid_pre') } : {}) }
}

function hookOfReader(reader: string): string {
  if (reader === 'unembed') return OUTPUTS
  return reader.endsWith('.mlp') ? `${reader}.pre` : reader
}

/** The value that a writer's contribution is made from, which is needed at hand. */
function hookOfWriter(writer: string): string {
  if (writer === 'embed') return INPUTS
  return writer.endsWith('.attn') ? `${writer}.z` : `${writer}.pre`
}

/** The first hook whose value depends on a tensor. */
function hookOfTensor(name: string, order: readonly string[]): string {
  if (/^(?:embed|pos_embed)\./.test(name)) return INPUTS
  if (/^(?:unembed|ln_final)\./.test(name)) return OUTPUTS
  const [, module, tensor] = /^(.*)\.(\w+)$/.exec(name)!
  if (module.endsWith('.attn')) return tensor.endsWith('_O') ? module : `${module}.q`
  if (module.endsWith('.mlp')) return tensor.endsWith('out') ? module : `${module}.pre`
  if (/\.ln\d$/.test(module)) return module.replace(/ln(\d)$/, (_, n) => n === '1' ? 'attn.q' : 'mlp.pre')
  return order.includes(`${module}.pre`) ? `${module}.pre` : module
}
