/** Agreement of two raters in words. */
import type { RaterAgreement, Rating } from '../../../preload/contract/rating'

/** `κ 0.62 [0.41, 0.83]`, or that there is none. */
export function kappaText({ kappa, interval }: Pick<RaterAgreement, 'kappa' | 'interval'>): string {
  if (kappa === undefined || interval === undefined)
    return 'κ not defined'
  return `κ ${kappa.toFixed(2)} [${interval.map(bound => bound.toFixed(2)).join(', ')}]`
}

/** What kappa rests on, and what it leaves out. */
export function basisText(found: Pick<RaterAgreement, 'blind' | 'only' | 'repeated' | 'raters'>, ended: Rating | undefined): string {
  const { only: [a, b], raters, repeated } = found
  return [
    blindText(found, ended),
    ...(a + b > 0 ? [`Not counted: ${a.toLocaleString('en')} only ${raters[0]} rated, ${b.toLocaleString('en')} only ${raters[1]}.`] : []),
    ...(repeated > 0 ? [`${repeated.toLocaleString('en')} rated more than once: the latest counts.`] : []),
  ].join(' ')
}

function blindText({ blind }: Pick<RaterAgreement, 'blind'>, ended: Rating | undefined): string {
  switch (blind) {
    case 'done': return 'Blind to each other until both were done; counted as they stood then.'
    case 'opened': return `Unblinded before both were done${ended?.unblinded?.by ? `, by ${ended.unblinded.by}` : ''}; counted as they stood then.`
    case 'never': return 'Not rated blind.'
    default: return blind satisfies never
  }
}
