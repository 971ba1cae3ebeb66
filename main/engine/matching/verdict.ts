/** What a matching comes to, in a sentence: the control first, then how alike. */
import type { MatchResult, MatchVerdict } from '../../../preload/contract/match'

const LEVEL = 0.05
/** Of the way from random circuits' |r| to 1, what two circuits must have gone to be called alike: a difference may be sure and still be small. */
const LEAST = 0.25

export function verdictOf(mean: number, { draws, all, mean: usual, p }: MatchResult['random']): MatchVerdict {
  const others = all ? `the ${draws} other pairs of circuits of this size` : `${draws} pairs of random circuits of this size`
  if (draws === 0) return { alike: 'undecided', sentence: `Not decided: both circuits hold every candidate of their layers (mean |r| ${mean.toFixed(2)}), so there is no other circuit of their size to compare with.` }
  const figures = `mean |r| ${mean.toFixed(2)}, random ${usual.toFixed(2)}`
  const asGood = Math.round(p * (draws + 1)) - 1
  const asWell = `${asGood === 0 ? 'none' : asGood} of ${others} ${asGood === 1 ? 'does' : 'do'} as well`
  if (p <= LEVEL && mean - usual >= LEAST * (1 - usual)) return { alike: 'yes', sentence: `Alike: matched sites do the same on the same items (${figures}); ${asWell}.` }
  if (p <= LEVEL) return { alike: 'no', sentence: `Hardly more alike than chance: a small difference (${figures}), though ${asWell}.` }
  // Being the best of a handful is no evidence.
  if (asGood === 0) return { alike: 'undecided', sentence: `Not decided: the best of all (${figures}), but there are only ${others}.` }
  return { alike: 'no', sentence: `No more alike than chance: ${asWell} (${figures}).` }
}
