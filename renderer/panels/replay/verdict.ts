/** A verification in words. Numbers come from the engine; nothing is computed from them but counts. */
import type { BodyOf, TrialClass } from '../../../preload/contract/session'

type Verification = BodyOf<'verification'>

const CLASSES = ['bit-exact', 'ulp', 'same-decision', 'different'] as const satisfies readonly TrialClass[]

/** `1,000 of 1,000 bit-exact`. */
export function headline({ trials, classes }: Pick<Verification, 'trials' | 'classes'>): string {
  return `${(classes['bit-exact'] ?? 0).toLocaleString('en')} of ${trials.toLocaleString('en')} bit-exact`
}

/** Every class that occurred, the best first. */
export function classCounts({ classes, maxUlp }: Pick<Verification, 'classes' | 'maxUlp'>): { name: string, count: number }[] {
  return CLASSES.map(name => ({ name: className(name, maxUlp), count: classes[name] ?? 0 })).filter(({ count }) => count > 0)
}

export function className(name: TrialClass, maxUlp: number): string {
  switch (name) {
    case 'bit-exact': return 'bit-exact'
    case 'ulp': return `within ${maxUlp.toLocaleString('en')} ulp`
    case 'same-decision': return 'same decision, other numbers'
    case 'different': return 'different decision'
    default: return name satisfies never
  }
}

export function departureText({ class: name, ulp, item, expected, got, sites }: NonNullable<Verification['firstDeparture']>): string {
  return `The first trial to depart${sites === undefined || sites.length === 0 ? '' : `, on ${sites.join(', ')},`} does so at item ${item}: recorded ${String(expected)}, got ${String(got)}, ${ulp.toLocaleString('en')} ulp apart (${className(name, ulp)}).`
}
