/** The methods that find circuits, side by side on a primary whose circuit is known. */
import type { JudgeMethod } from '../../../preload/contract/judge'
import type { TruthKind } from '../../../preload/contract/truth'
import type { Judged, JudgedMethod } from '../../theatre/judge'
import type { Command, Invocation } from '../command'
import { resolve } from 'node:path'
import { judgeMethodSchema } from '../../../preload/contract/judge'
import { truthKindSchema } from '../../../preload/contract/truth'
import { judgeMethods } from '../../theatre/judge'
import { integerOption, requiredOption, UsageError } from '../command'
import { baselineOption } from './sweepOptions'

export const judge: Command = {
  summary: 'all methods that find circuits, against a circuit that is known: AUROC, average precision, seconds',
  usage: `PRIMARY --dataset DATASET --truth FILE --sites ${truthKindSchema.options.join('|')} [--baseline zero|mean|resample:SEED] [--items 496] [--methods ${judgeMethodSchema.options.join(',')}] [--seed 1]`,
  options: {
    dataset: { type: 'string' },
    truth: { type: 'string' },
    sites: { type: 'string' },
    baseline: { type: 'string', default: 'zero' },
    items: { type: 'string' },
    methods: { type: 'string' },
  },
  positionals: { min: 1, max: 1 },
  run: async (invocation) => {
    const { workstation, positionals: [primary], options, progress, say, signal } = invocation
    const items = integerOption(invocation, 'items', { min: 1 })
    const asked = {
      primary,
      dataset: requiredOption(invocation, 'dataset'),
      truth: resolve(requiredOption(invocation, 'truth')),
      sites: kindOption(invocation),
      baseline: baselineOption(String(options.baseline)),
      methods: methodsOption(invocation),
      seed: integerOption(invocation, 'seed') ?? 1,
      ...(items === undefined ? {} : { items }),
    }
    const engine = workstation.engine()
    const judged = await judgeMethods(engine, workstation.places, asked, {
      signal,
      progress: ({ method, done, total, share }) => progress.update(done, total, `${method} ${Math.round(100 * share)} %`),
    })
    progress.end()
    if (judged.warning !== undefined) say(judged.warning)
    const { executor, device } = await engine.ready()
    return {
      json: { ...judged, sites: asked.sites, baseline: asked.baseline, methods: judged.methods.map(jsonOf), executor, device },
      text: textOf(judged, asked.sites),
      exitCode: judged.state === 'cancelled' ? 130 : 0,
    }
  },
}

function kindOption(invocation: Invocation): TruthKind {
  const text = requiredOption(invocation, 'sites')
  const found = truthKindSchema.safeParse(text)
  if (found.success) return found.data
  throw new UsageError(`--sites is ${truthKindSchema.options.join(', ')}, not "${text}".`)
}

function methodsOption({ options }: Invocation): JudgeMethod[] {
  if (typeof options.methods !== 'string') return judgeMethodSchema.options
  return [...new Set(options.methods.split(',').map((name) => {
    const found = judgeMethodSchema.safeParse(name.trim())
    if (found.success) return found.data
    throw new UsageError(`--methods are of ${judgeMethodSchema.options.join(', ')}; there is no "${name}".`)
  }))]
}

/** Every method has its figures named, even where there are none: a script asks for them. */
function jsonOf({ name, auroc = Number.NaN, ap = Number.NaN, ...rest }: JudgedMethod): object {
  const figure = (value: number): number | null => Number.isNaN(value) ? null : value
  return { name, auroc: figure(auroc), ap: figure(ap), ...rest }
}

function textOf({ primary, dataset, items, classes, candidates: { sites, others, inert }, methods }: Judged, kind: TruthKind): string {
  const width = Math.max(...methods.map(({ name }) => name.length), 'method'.length)
  const figure = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? '–' : value.toFixed(3)).padStart(7)
  return [
    `${primary} on ${items.toLocaleString('en')} training items of ${dataset}: ${sites} true of ${(sites + others).toLocaleString('en')} ${kind}${inert > 0 ? `, ${inert} inert ones left out` : ''}; ${classes.length} answers compared`,
    `${'method'.padEnd(width)}    AUROC       AP        s`,
    ...methods.map(({ name, auroc, ap, seconds, reason }) => reason === undefined
      ? `${name.padEnd(width)}  ${figure(auroc)}  ${figure(ap)}  ${seconds.toFixed(2).padStart(7)}`
      : `${name.padEnd(width)}  not run: ${reason}`),
  ].join('\n')
}
