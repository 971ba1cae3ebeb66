/**
 * Which version wrote which stretch of a log, and its events as the present version says them. A log begins in one version; a newer
 * Symbiote that goes on with it (to annotate it, say) writes in its own from there, and says so in the first event it writes.
 */
import type { SessionEvent } from '../../../preload/contract/session'
import type { RawEvent } from './steps'
import { SESSION_FORMAT } from '../../../preload/contract/session'
import { eventFromJson } from '../eventJson'
import { logFile, logIndices, walkFile } from '../logFiles'
import { peek } from '../peek'
import { HEADER } from '../record'
import { STEPS } from './steps'

/** From this place on. */
interface Stretch { file: number, offset: number, version: number }

const PRESENT = numberOf(SESSION_FORMAT)!

export class Versions {
  /** All of it in the present version. */
  static readonly present = new Versions([])
  readonly #stretches: readonly Stretch[]

  private constructor(stretches: readonly Stretch[]) {
    this.#stretches = stretches
  }

  /** @param beginning format of the first event  @param mixed whether a newer version has gone on with it, as far as that is known */
  static of(folder: string, beginning: string, mixed: boolean): Versions {
    const version = numberOf(beginning) ?? PRESENT
    if (version === PRESENT)
      return Versions.present
    return new Versions([{ file: 0, offset: 0, version }, ...mixed ? continuations(folder) : []])
  }

  get isPresent(): boolean {
    return this.#stretches.length === 0
  }

  /** Of what would be appended if it were appended in the version of the end. */
  get newest(): number {
    return this.#stretches.at(-1)?.version ?? PRESENT
  }

  /** The event of a record's text. Undefined where it is none. */
  event(json: string, file: number, offset: number): SessionEvent | undefined {
    const event = eventFromJson(json)
    return event === undefined || this.isPresent ? event : migrated(event, this.#at(file, offset))
  }

  #at(file: number, offset: number): number {
    return this.#stretches.findLast(from => from.file < file || (from.file === file && from.offset <= offset))?.version ?? PRESENT
  }
}

/** Undefined where it names no version of a session. */
export function numberOf(format: string): number | undefined {
  const [family] = SESSION_FORMAT.split('/')
  const match = /^([\w-]+)\/(\d{1,9})$/.exec(format)
  return match?.[1] === family ? Number(match[2]) : undefined
}

export function formatOf(version: number): string {
  return `${SESSION_FORMAT.split('/')[0]}/${version}`
}

/** `manifest.json` of some version as the present one says it. */
export function migratedHead(head: Record<string, unknown>, version: number): Record<string, unknown> {
  return STEPS.slice(version - 1).reduce((said, step) => step.head?.(said) ?? said, head)
}

function migrated(event: SessionEvent, version: number): SessionEvent {
  return STEPS.slice(version - 1).reduce<RawEvent>((said, step) => said.kind === 'keyframe' ? { ...said, state: inState(said.state, step.event) } : step.event(said), event as RawEvent) as unknown as SessionEvent
}

/** A keyframe's state is made of events, alone and in lists. */
function inState(state: unknown, step: (event: RawEvent) => RawEvent): unknown {
  if (typeof state !== 'object' || state === null)
    return state
  const one = (value: unknown): unknown => isEvent(value) ? step(value) : value
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, Array.isArray(value) ? value.map(one) : one(value)]))
}

function isEvent(value: unknown): value is RawEvent {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
}

/** Where a newer version went on. */
function continuations(folder: string): Stretch[] {
  const found: Stretch[] = []
  for (const file of logIndices(folder)) {
    for (const { kind, offset, bytes } of walkFile(logFile(folder, file))) {
      const named = kind === 'record' ? peek(bytes)?.kind : undefined
      if (named !== 'session.reopened' && named !== 'session.ended')
        continue
      const event = eventFromJson(bytes.toString('utf8', HEADER))
      const format = event?.kind === named && 'format' in event ? event.format : undefined
      const version = format === undefined ? undefined : numberOf(format)
      if (version !== undefined)
        found.push({ file, offset, version })
    }
  }
  return found
}
