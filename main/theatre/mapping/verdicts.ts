/** A verdict for every site, corrected over all of them. Pure. */
import type { VerdictName } from '../../../preload/contract/mapping'
import type { Protocol } from '../../../preload/contract/protocol'
import type { BodyOf } from '../../../preload/contract/session'
import type { History } from './history'
import type { Evidence } from './judging'
import { clopperPearson } from '../../lib/statistics/binomial'
import { benjaminiHochberg, holm } from '../../lib/statistics/corrections'
import { evidenceAt } from './judging'

export type VerdictBody = Omit<BodyOf<'verdict'>, 'kind' | 'mapping' | 'tag'>

/** In the order of the sites. A site without a trial counts in the correction all the same: it was to be tested. */
export function verdictsOf(protocol: Protocol, history: History, sites: readonly string[]): VerdictBody[] {
  const { alpha, correction } = protocol.test
  const correct = correction === 'holm' ? holm : benjaminiHochberg
  const evidence = sites.map(site => evidenceAt(protocol, history, site))
  const adjusted = correct(evidence.map(({ p }) => p))
  const absentAdjusted = correct(evidence.map(({ absentP }) => absentP))
  return sites.map((site, i) => {
    const found = evidence[i]
    const { verdict, reason } = judged(protocol, history, site, found, adjusted[i] <= alpha, absentAdjusted[i] <= alpha)
    const verified = verifiedAt(history, site, 1 - alpha)
    return {
      site,
      verdict,
      reason,
      k: found.k,
      n: found.n,
      items: found.items,
      lost: found.lost,
      gained: found.gained,
      p: found.p,
      adjusted: adjusted[i],
      absentP: found.absentP,
      absentAdjusted: absentAdjusted[i],
      test: protocol.stopping.rule === 'fixed' ? 'mcnemar-exact' : 'e-process',
      correction,
      effect: found.items === 0 ? 0 : (found.lost - found.gained) / found.items,
      interval: found.interval,
      logProbability: found.logProbability,
      strength: found.strength ?? 0,
      largest: found.largest,
      ...(verified ? { verified } : {}),
    }
  })
}

function judged({ test: { absentBelow } }: Protocol, history: History, site: string, { n, items, lost, largest, strength }: Evidence, interferes: boolean, isAbsent: boolean): { verdict: VerdictName, reason: string } {
  const counts = `${lost} of ${items} items lost`
  const seized = history.at(site).some(({ seizure }) => seizure)
  if (n === 0) return { verdict: seized ? 'indeterminate' : 'not-tested', reason: seized ? 'Every strength led to a seizure.' : 'No trial was made.' }
  if (interferes) return { verdict: 'positive', reason: `${counts}.` }
  if (isAbsent && largest) return { verdict: 'negative', reason: `${counts} at the largest strength: less than ${100 * absentBelow} %.` }
  if (isAbsent) return { verdict: 'indeterminate', reason: `${counts} at ${strength}, and the largest strength was not tested.` }
  return { verdict: 'indeterminate', reason: `${counts}: neither interference nor its absence is shown.` }
}

function verifiedAt(history: History, site: string, confidence: number): VerdictBody['verified'] {
  const trials = history.of(site, 'verify').filter(({ lesion, seizure }) => lesion === `alone/${site}` && !seizure)
  if (trials.length === 0) return undefined
  const [items, lost] = [trials.reduce((sum, trial) => sum + trial.items, 0), trials.reduce((sum, trial) => sum + trial.lost, 0)]
  return { items, lost, interval: clopperPearson(lost, items, confidence) }
}
