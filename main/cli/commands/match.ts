/** Circuits of two primaries side by side: which site of the one does what a site of the other does. */
import type { MatchedOnce } from '../../theatre/match'
import type { Command } from '../command'
import { matchOnce } from '../../theatre/match'
import { integerOption } from '../command'

const SHOWN = 40

export const match: Command = {
  summary: 'matches the circuits of two primaries by what their sites do on the same items, beside random circuits of the same size',
  usage: 'PRIMARY CIRCUIT PRIMARY CIRCUIT [--dataset DATASET] [--items 256] [--seed 1]',
  options: { dataset: { type: 'string' }, items: { type: 'string' } },
  positionals: { min: 4, max: 4 },
  run: async (invocation) => {
    const { workstation, positionals: [a, ofA, b, ofB], options, progress, signal } = invocation
    const matched = await matchOnce(workstation.engine(), workstation.places, {
      sides: [{ primary: a, circuit: ofA }, { primary: b, circuit: ofB }],
      ...(typeof options.dataset === 'string' ? { dataset: options.dataset } : {}),
      items: integerOption(invocation, 'items', { min: 2, max: 100_000 }) ?? 256,
      seed: integerOption(invocation, 'seed') ?? 1,
    }, { signal, progress: ({ phase, share }) => progress.update(Math.round(1000 * share), 1000, phase) })
    progress.end()
    return { json: matched, text: textOf(matched) }
  },
}

function textOf({ primaries: [a, b], dataset, items, compared, sites, pairs, unmatched, mean, random, verdict }: MatchedOnce): string {
  const shown = pairs.slice(0, SHOWN)
  const width = Math.max(a.length, ...shown.map(pair => pair.a.length))
  const left = [...unmatched.a.map(address => `${address} of ${a}`), ...unmatched.b.map(address => `${address} of ${b}`)]
  return [
    `${a} and ${b}: ${compared} on ${items.toLocaleString('en')} held-out items of ${dataset}, ${sites[0]} and ${sites[1]} sites`,
    verdict.sentence,
    ...(random.draws === 0 ? [] : [`Matched one to one, mean |r| ${mean.toFixed(3)}; ${random.all ? 'the other' : 'random'} circuits of as many sites in the same layers ${random.mean.toFixed(3)}, the best of ${random.draws} ${random.best.toFixed(3)} (p = ${random.p.toPrecision(2)})`]),
    '',
    `${a.padEnd(width)}       r  ${b}`,
    ...shown.map(pair => `${pair.a.padEnd(width)}  ${(pair.r >= 0 ? ' ' : '−') + Math.abs(pair.r).toFixed(3)}  ${pair.b}`),
    ...(pairs.length > SHOWN ? [`and ${pairs.length - SHOWN} more`] : []),
    ...(left.length > 0 ? [`Without a partner: ${left.slice(0, 12).join(', ')}${left.length > 12 ? ` and ${left.length - 12} more` : ''}`] : []),
  ].join('\n')
}
