/** A verification in words. Numbers come from the engine; nothing is computed from them but counts. */
import type { BodyOf } from '../../../preload/contract/session'
import type { ClassFilter } from '../../stores/session/departures'
import { TRIAL_CLASSES } from '../../../preload/contract/session'
import { timeText } from '../../components/clock'
import { classText } from '../../stores/session/departures'

type Verification = BodyOf<'verification'>

/** `1,000 of 1,000 bit-exact`. */
export function headline({ trials, classes }: Pick<Verification, 'trials' | 'classes'>): string {
  return `${(classes['bit-exact'] ?? 0).toLocaleString('en')} of ${trials.toLocaleString('en')} bit-exact`
}

/** All, those that departed, and every class that occurred, the best first: what a list of trials can be narrowed to. */
export function filters({ trials, classes, maxUlp }: Pick<Verification, 'trials' | 'classes' | 'maxUlp'>): { id: ClassFilter, name: string, count: number }[] {
  const each = TRIAL_CLASSES.map(id => ({ id, name: classText(id, maxUlp), count: classes[id] ?? 0 })).filter(({ count }) => count > 0)
  const departed = trials - (classes['bit-exact'] ?? 0)
  // One class alone is all there is to see.
  return each.length < 2 ? [{ id: 'all', name: each[0]?.name ?? 'all', count: trials }] : [{ id: 'departed', name: 'departed', count: departed }, ...each, { id: 'all', name: 'all', count: trials }]
}

/** The first departure, line by line: where, and the two values. */
export function departureLines({ class: name, ulp, item, expected, got, sites, t }: NonNullable<Verification['firstDeparture']>): { name: string, value: string }[] {
  return [
    ...(t === undefined ? [] : [{ name: 'at', value: timeText(t, 1e8) }]),
    ...(sites === undefined || sites.length === 0 ? [] : [{ name: 'on', value: sites.join(', ') }]),
    { name: 'item', value: String(item) },
    { name: 'recorded', value: String(expected) },
    { name: 'got', value: String(got) },
    { name: 'apart', value: `${ulp.toLocaleString('en')} ulp, ${name === 'ulp' ? 'the decision the same' : classText(name)}` },
  ]
}
