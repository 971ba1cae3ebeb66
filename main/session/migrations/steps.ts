/**
 * How an event of one version is said in the next. A step is a pure function in a file of its own, `from1.ts` for 1 → 2, and stands
 * here in its place: step i takes version i + 1 to i + 2. Steps are never changed afterwards and never skipped; nothing on disk is
 * rewritten by them. With each goes a session of the version it reads, in `test/fixtures/sessions`.
 *
 * The version rises when a reader of the one before would read wrongly what is written: a field that changes its meaning or goes, a
 * kind that must not be passed over. A new kind or a new optional field does not raise it: every reader passes over kinds it does not
 * know, keeps them in exports as they are, and copies them with the log.
 *
 * What belongs to the log and not to a version: how an event begins (id, t, step, kind), and the kinds `session.started`,
 * `session.reopened`, `session.ended`, `seal` and `keyframe`. No step touches those.
 */

/** An event of some version. */
export interface RawEvent { id: string, t: number, step: number, kind: string, [field: string]: unknown }

export interface Step {
  /** Must take whatever a damaged log may hold, and keep what it does not know. */
  event: (event: RawEvent) => RawEvent
  /** The same for `manifest.json`, where it changed. */
  head?: (head: Record<string, unknown>) => Record<string, unknown>
}

/** None so far: version 1 is the only one there ever was. */
export const STEPS: readonly Step[] = []
