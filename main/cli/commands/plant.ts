/** Plants a primary with a known circuit, for judging circuit finders. */
import type { Design } from '../../../preload/contract/planted'
import type { Command, Invocation } from '../command'
import { resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { DESIGNS } from '../../../preload/contract/planted'
import { plantInto } from '../../theatre/plant'
import { integerOption, requiredOption, UsageError } from '../command'

export const plant: Command = {
  summary: 'make a primary with a known circuit, its data sets and the truth, for judging circuit finders',
  usage: `--design ${DESIGNS.join('|')} [--seed 1] [--width N] --out DIR`,
  options: { design: { type: 'string' }, width: { type: 'string' }, out: { type: 'string' } },
  positionals: { min: 0, max: 0 },
  run: async (invocation) => {
    const design = designOf(invocation)
    const seed = integerOption(invocation, 'seed') ?? 1
    const out = resolve(requiredOption(invocation, 'out'))
    const width = integerOption(invocation, 'width', { min: 1 })
    const start = performance.now()
    const { tasks } = await plantInto(invocation.workstation.engine().functions, { design, seed, ...(width === undefined ? {} : { width }) }, out)
    const seconds = (performance.now() - start) / 1000
    const summaries = tasks.map(({ accuracy, cleanAccuracy, agreement, truths }, task) => ({
      dataset: `task-${task}`,
      accuracy,
      cleanAccuracy,
      agreement,
      truths: truths.map(({ kind, baseline, sites, inert }) => ({ kind, ...(baseline === undefined ? {} : { baseline }), sites: sites.length, inert: inert.length })),
    }))
    return {
      json: { out, design, seed, seconds, tasks: summaries },
      text: [
        `${out}: ${design}, seed ${seed}, ${seconds.toFixed(1)} s`,
        ...summaries.map(({ dataset, accuracy, truths }) => `  ${dataset}: ${(100 * accuracy).toFixed(1)} % right; ${truths.map(({ kind, baseline, sites, inert }) => `${sites} true ${kind}${baseline === undefined ? '' : ` (${baseline})`}${inert > 0 ? `, ${inert} inert` : ''}`).join('; ')}`),
      ].join('\n'),
    }
  },
}

function designOf(invocation: Invocation): Design {
  const text = requiredOption(invocation, 'design')
  const design = DESIGNS.find(name => name === text)
  if (design) return design
  throw new UsageError(`There is no design "${text}". Designs: ${DESIGNS.join(', ')}.`)
}
