/** Trains a reader over several primaries, to be applied to others without training. */
import type { ReadResult } from '../../../preload/contract/reader'
import type { Command } from '../command'
import { resolve } from 'node:path'
import { UserError } from '../../../preload/contract/errors'
import { writeAtomic } from '../../files/atomic'
import { trainReader } from '../../theatre/trainReader'
import { integerOption, Interrupted, requiredOption, UsageError } from '../command'
import { baselineOption, sitesOption } from './sweepOptions'

export const reader: Command = {
  summary: 'trains a reader over several primaries: it learns from their circuits what a site of a circuit is like, and reads others without training',
  usage: 'PRIMARY PRIMARY… --sites weights|units|heads|edges [--baseline zero|mean|resample:SEED] [--seeds N] [--steps N] --out FILE.json',
  options: {
    sites: { type: 'string' },
    baseline: { type: 'string', default: 'zero' },
    seeds: { type: 'string' },
    steps: { type: 'string' },
    out: { type: 'string' },
  },
  positionals: { min: 1, max: 256 },
  run: async (invocation) => {
    const { workstation, positionals: primaries, options, progress, signal } = invocation
    const out = resolve(requiredOption(invocation, 'out'))
    if (!out.endsWith('.json')) throw new UsageError(`--out is a file that ends in .json, not "${String(options.out)}".`)
    const [seeds, steps] = [integerOption(invocation, 'seeds', { min: 1, max: 32 }), integerOption(invocation, 'steps', { min: 1, max: 100_000 })]
    const asked = {
      primaries,
      sites: sitesOption(requiredOption(invocation, 'sites')),
      baseline: baselineOption(String(options.baseline)),
      seed: integerOption(invocation, 'seed') ?? 1,
      ...(seeds === undefined ? {} : { seeds }),
      ...(steps === undefined ? {} : { steps }),
    }
    const result = await trainReader(workstation.engine(), workstation.places, asked, {
      signal,
      progress: ({ primary, done, total, share }) => progress.update(Math.round(1000 * (done + share)), 1000 * total, primary === undefined ? 'the reader learns' : `finding the circuit of ${primary}`),
    }).catch((error: unknown) => {
      if (error instanceof UserError && error.code === 'cancelled') throw new Interrupted(error.message)
      throw error
    })
    progress.end()
    await writeAtomic(out, [`${JSON.stringify(result.file)}\n`])
    return { json: { out, sites: result.file.sites, primaries: result.primaries, seconds: result.seconds }, text: textOf(out, result) }
  },
}

function textOf(out: string, { file, primaries, seconds }: ReadResult): string {
  const width = Math.max(...primaries.map(({ name }) => name.length), 'left out'.length)
  const figure = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3)).padStart(6)
  return [
    `${out}: a reader of ${file.sites}, from ${primaries.length} ${primaries.length === 1 ? 'primary' : 'primaries'}`,
    '',
    'Average precision against what free found there, of a reader of all the others, which never saw it:',
    `${'left out'.padEnd(width)}  reader  gradient × weight  members`,
    ...primaries.map(({ name, candidates, members, ap, gradient }) => `${name.padEnd(width)}  ${figure(ap)}  ${figure(gradient).padStart(17)}  ${members} of ${candidates.toLocaleString('en')}`),
    ...(primaries.length === 1 ? ['Of one primary alone, nothing says how it does on others.'] : []),
    '',
    `${seconds.finding.toFixed(1)} s finding circuits, ${seconds.learning.toFixed(1)} s learning`,
  ].join('\n')
}
