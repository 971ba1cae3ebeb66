/** Tiers and vocabularies as events: what differs from what stands is written, each a correction of the last word on it. */
import type { EventOf } from '../../preload/contract/session'
import type { Scheme, Tier, Vocabulary } from '../../preload/contract/vocabulary'
import type { SessionRecorder } from './recorder'
import { UserError } from '../../preload/contract/errors'
import { checkScheme } from '../../preload/contract/vocabulary'

/**
 * Writes a session's scheme, or the changes to it. Throws UserErrors, before anything is written: those of
 * `checkScheme`, and `tier-in-use` where a tier with annotations on it would go.
 */
export function writeScheme(recorder: SessionRecorder, next: Scheme, step: number): EventOf<'tier' | 'vocabulary'>[] {
  checkScheme(next)
  const { notes } = recorder
  // A session that has none is read with the default one, yet none of that is written.
  const { tiers, vocabularies } = notes.hasScheme ? notes.scheme : { tiers: [], vocabularies: [] }
  refuseLosses(recorder, tiers.filter(({ tier }) => !next.tiers.some(other => other.tier === tier)))
  const events: EventOf<'tier' | 'vocabulary'>[] = []
  const supersedes = (kind: 'tier' | 'vocabulary', name: string): { supersedes?: string } => {
    const last = notes.lastOf(kind, name)
    return last === undefined ? {} : { supersedes: last }
  }
  const write = (body: Omit<Vocabulary, 'removed'> & { kind: 'vocabulary' } | Tier & { kind: 'tier' }, removed: boolean): void => {
    if (body.kind === 'vocabulary')
      events.push(recorder.append({ ...body, removed, ...supersedes('vocabulary', body.vocabulary) }, step))
    else
      events.push(recorder.append({ ...body, removed, ...supersedes('tier', body.tier) }, step))
  }
  // Vocabularies come before the tiers that use them, and go after them.
  for (const vocabulary of next.vocabularies.filter(one => !same(one, vocabularies.find(other => other.vocabulary === one.vocabulary))))
    write({ kind: 'vocabulary', ...vocabulary }, false)
  for (const tier of next.tiers.filter(one => !same(one, tiers.find(other => other.tier === one.tier))))
    write({ kind: 'tier', ...tier }, false)
  for (const tier of tiers.filter(one => !next.tiers.some(other => other.tier === one.tier)))
    write({ kind: 'tier', ...tier }, true)
  for (const vocabulary of vocabularies.filter(one => !next.vocabularies.some(other => other.vocabulary === one.vocabulary)))
    write({ kind: 'vocabulary', ...vocabulary }, true)
  return events
}

/** The first scheme of a session that has none. */
export function beginScheme(recorder: SessionRecorder, step: number): void {
  if (!recorder.notes.hasScheme)
    writeScheme(recorder, recorder.notes.scheme, step)
}

function refuseLosses({ notes, folder }: SessionRecorder, going: Tier[]): void {
  if (going.length === 0)
    return
  const used = new Map<string, number>()
  for (const { tier } of notes.annotations.present())
    used.set(tier, (used.get(tier) ?? 0) + 1)
  for (const { tier, name } of going) {
    const count = used.get(tier)
    if (count !== undefined)
      throw new UserError({ code: 'tier-in-use', message: `Tier “${name}” holds ${count.toLocaleString('en')} annotation${count === 1 ? '' : 's'}.`, remedy: 'Move them to another tier or remove them, then remove the tier.', path: folder })
  }
}

function same(a: Tier | Vocabulary, b: Tier | Vocabulary | undefined): boolean {
  return b !== undefined && JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

/** Keys of objects in one order, so that equal things are written equally. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(sorted)
  if (typeof value !== 'object' || value === null)
    return value
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined).sort(([a], [b]) => a < b ? -1 : 1).map(([key, one]) => [key, sorted(one)]))
}
