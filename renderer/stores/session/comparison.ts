/** Two sessions held side by side: effects per site that both stimulated, from the columns of their timelines. Pure. */
import type { Polarity } from '../../../preload/contract/timeline'
import type { Tracks } from './tracks'
import { POLARITIES } from '../../../preload/contract/timeline'

/** Mean of the effects of so many trials, nats, and its standard error over them; undefined for one trial. */
interface MeanEffect { n: number, mean: number, se?: number }

interface SiteComparison {
  site: string
  polarity: Polarity
  here: MeanEffect
  there: MeanEffect
  /** There less here, and its standard error where both have one. */
  difference: number
  se?: number
}

interface Comparison {
  /** Sites pushed the same way in both, the largest difference first. */
  both: SiteComparison[]
  onlyHere: number
  onlyThere: number
}

export function compareSessions(here: Tracks, there: Tracks): Comparison {
  const [a, b] = [effectsBySite(here), effectsBySite(there)]
  const both: SiteComparison[] = []
  for (const [key, first] of a) {
    const second = b.get(key)
    if (second === undefined)
      continue
    const [polarity, site] = [Number(key[0]), key.slice(1)]
    const se = first.se === undefined || second.se === undefined ? undefined : Math.hypot(first.se, second.se)
    both.push({ site, polarity: POLARITIES[polarity], here: first, there: second, difference: second.mean - first.mean, ...(se === undefined ? {} : { se }) })
  }
  return {
    both: both.sort((x, y) => Math.abs(y.difference) - Math.abs(x.difference)),
    onlyHere: [...a.keys()].filter(key => !b.has(key)).length,
    onlyThere: [...b.keys()].filter(key => !a.has(key)).length,
  }
}

/** By polarity and site, shams and trials without a measured effect left out. A key is the polarity's digit and the address. */
function effectsBySite(tracks: Tracks): Map<string, MeanEffect> {
  const sums = new Map<string, { n: number, mean: number, squares: number }>()
  for (let i = 0; i < tracks.trialTimes.length; i++) {
    const stimulation = tracks.trialStimulation.at(i)
    const effect = tracks.trialEffect.at(i)
    if (stimulation < 0 || Number.isNaN(effect) || POLARITIES[tracks.polarity.at(stimulation)] === 'sham')
      continue
    const key = `${tracks.polarity.at(stimulation)}${tracks.sites[tracks.site.at(stimulation)]}`
    const sum = sums.get(key) ?? { n: 0, mean: 0, squares: 0 }
    // Welford 1962: the sum of squared deviations without cancellation.
    sum.n++
    const before = effect - sum.mean
    sum.mean += before / sum.n
    sum.squares += before * (effect - sum.mean)
    sums.set(key, sum)
  }
  return new Map([...sums].map(([key, { n, mean, squares }]) => [key, { n, mean, ...(n > 1 ? { se: Math.sqrt(squares / (n - 1) / n) } : {}) }]))
}
