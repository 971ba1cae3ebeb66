/**
 * The null of a dose–response curve: an intervention without a systematic effect is as likely to raise an item's measure as
 * to lower it, so every paired difference may have the other sign. One set of random signs goes over all strengths of the
 * ladder at once, which keeps what they share; the band holds for the whole ladder: under the null, 1 ladder in 100
 * leaves it anywhere (sign-flip test with the maximum statistic, Westfall and Young 1993).
 */
import { randomStream } from '../../lib/random'

const FLIPS = 2000
const SHARE = 0.99

/**
 * @param differences per strength, [items]
 * @returns half-width of the band about 0 for each strength, in units of the mean difference
 */
export function signFlipBands(differences: readonly Float64Array[], seed: number): number[] {
  const scales = differences.map(row => Math.sqrt(row.reduce((sum, d) => sum + d * d, 0)))
  const n = differences[0]?.length ?? 0
  const critical = quantile(largestScores(differences, scales, seed), SHARE)
  return scales.map(scale => critical * scale / n)
}

/** Per draw of signs, the largest |Σ ± d| / √Σ d² over the strengths; the signs as they are count as one draw. */
function largestScores(differences: readonly Float64Array[], scales: number[], seed: number): Float64Array {
  const { uniform } = randomStream(seed, 'dose/signs')
  const n = differences[0]?.length ?? 0
  const signs = new Float64Array(n).fill(1)
  const scores = new Float64Array(FLIPS + 1)
  for (let draw = 0; draw <= FLIPS; draw++) {
    if (draw > 0) {
      for (let i = 0; i < n; i++) signs[i] = uniform() < 0.5 ? 1 : -1
    }
    for (const [k, row] of differences.entries()) {
      if (scales[k] === 0) continue
      let sum = 0
      for (let i = 0; i < n; i++) sum += signs[i] * row[i]
      scores[draw] = Math.max(scores[draw], Math.abs(sum) / scales[k])
    }
  }
  return scores
}

/** The smallest value that at least this share of values do not exceed. */
function quantile(values: Float64Array, share: number): number {
  return values.sort()[Math.ceil(share * values.length) - 1]
}
