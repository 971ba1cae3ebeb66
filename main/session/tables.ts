/** A session's events projected into tables, one by one: corrections applied, removed things gone. Not stored anywhere. */
import type { EventOf, SessionEvent, SessionTables, StimulationSpan } from '../../preload/contract/session'
import type { SessionHead } from '../../preload/contract/timeline'
import type { NoteKind } from './annotationTables'
import { BULK_KINDS } from '../../preload/contract/timeline'
import { AnnotationTables } from './annotationTables'
import { Corrections } from './corrections'

type Lists = Pick<SessionTables, 'provenance' | 'batteries' | 'sites' | 'trials' | 'views' | 'training' | 'signals' | 'instrument' | 'verifications' | 'sweeps' | 'finds' | 'gates' | 'matches' | 'mappings' | 'transitions' | 'mappingTrials' | 'ramps' | 'verdicts' | 'unblindings' | 'findings'>

export class TablesProjection {
  readonly tags = new Corrections<EventOf<'tag'>>(event => event.tag)
  readonly notes = new AnnotationTables()
  /** A rater's last word on each trial. */
  readonly #scores = new Corrections<EventOf<'score'>>(({ trial, source, rater }) => `${trial}/${source}/${rater}`)
  readonly #lists: Lists = { provenance: [], batteries: [], sites: [], trials: [], views: [], training: [], signals: [], instrument: [], verifications: [], sweeps: [], finds: [], gates: [], matches: [], mappings: [], transitions: [], mappingTrials: [], ramps: [], verdicts: [], unblindings: [], findings: [] }
  readonly #spans = new Map<string, StimulationSpan>()
  #started: EventOf<'session.started'> | undefined
  #ended: EventOf<'session.ended'> | undefined
  #lifecycle: 'started' | 'reopened' | 'ended' = 'started'
  #reopened = false
  #duration = 0
  #events = 0

  apply(event: SessionEvent): void {
    this.#place(event)
    this.pass(event)
  }

  /** Counts an event that goes into no table here: one of a bulk kind, for who needs the head alone. */
  pass({ kind, t }: { kind: string, t: number }): void {
    if (kind !== 'seal' && kind !== 'keyframe')
      this.#events++
    // What is added to a finished recording, hours later perhaps, makes it no longer.
    if (!this.#reopened)
      this.#duration = Math.max(this.#duration, t)
  }

  /** The same for many at once, none of which came later than `duration`. */
  passed(events: number, duration: number): void {
    this.#events += events
    this.#duration = Math.max(this.#duration, duration)
  }

  get duration(): number {
    return this.#duration
  }

  get started(): EventOf<'session.started'> | undefined {
    return this.#started
  }

  /** Events applied, without seals and keyframes. */
  get events(): number {
    return this.#events
  }

  /** What last happened to the session as a whole. */
  get lifecycle(): 'started' | 'reopened' | 'ended' {
    return this.#lifecycle
  }

  /** `started` where the first event is lost and the manifest knows it. */
  tables(started = this.#started): SessionTables {
    if (started === undefined)
      throw new Error('no session.started event was applied')
    return {
      started,
      ...(this.#ended === undefined ? {} : { ended: this.#ended }),
      ...this.#lists,
      stimulations: [...this.#spans.values()],
      tags: this.tags.present().sort((a, b) => a.number - b.number),
      annotations: this.notes.annotations.present().sort((a, b) => a.from.t - b.from.t),
      scores: this.#scores.present(),
      duration: this.#duration,
      events: this.#events,
    }
  }

  /** The same without what a session has by the hundred thousand. */
  head(started: EventOf<'session.started'>, counts: SessionHead['counts']): SessionHead {
    const { stimulations: _, trials: _trials, views: _views, training: _training, signals: _signals, sites: _sites, ...head } = this.tables(started)
    return { ...head, counts }
  }

  #place(event: SessionEvent): void {
    switch (event.kind) {
      case 'session.started':
        this.#started ??= event
        return
      case 'session.reopened':
        this.#reopened = true
        this.#lifecycle = 'reopened'
        return
      case 'session.ended':
        // The first end is the recording's own; later ones only end a visit that annotated it.
        this.#ended ??= event
        this.#lifecycle = 'ended'
        return
      case 'stimulation':
        this.#spans.set(event.stimulation, { event })
        return
      case 'stimulation.off':
        this.#release(event)
        return
      case 'tag':
        return this.tags.apply(event)
      case 'annotation':
      case 'vocabulary':
      case 'tier':
      case 'rating':
      case 'rating.done':
      case 'rating.unblinded':
        return this.notes.apply(event)
      default:
        this.#list(event)
    }
  }

  #list(event: Exclude<SessionEvent, { kind: 'session.started' | 'session.reopened' | 'session.ended' | 'stimulation' | 'stimulation.off' | 'tag' | NoteKind }>): void {
    switch (event.kind) {
      case 'provenance': this.#lists.provenance.push(event); return
      case 'battery': this.#lists.batteries.push(event); return
      case 'site': this.#lists.sites.push(event); return
      case 'trial': this.#lists.trials.push(event); return
      case 'view': this.#lists.views.push(event); return
      case 'training': this.#lists.training.push(event); return
      case 'signal': this.#lists.signals.push(event); return
      case 'instrument': this.#lists.instrument.push(event); return
      case 'verification': this.#lists.verifications.push(event); return
      case 'sweep': this.#lists.sweeps.push(event); return
      case 'symbiote': this.#lists.finds.push(event); return
      case 'symbiote.gates': this.#lists.gates.push(event); return
      case 'match': this.#lists.matches.push(event); return
      case 'mapping': this.#lists.mappings.push(event); return
      case 'mapping.transition':
        this.#lists.transitions.push(event)
        return this.#goesOn()
      case 'mapping.trial': this.#lists.mappingTrials.push(event); return
      case 'score': return this.#scores.apply(event)
      case 'ramp': this.#lists.ramps.push(event); return
      case 'verdict': this.#lists.verdicts.push(event); return
      case 'mapping.unblinded': this.#lists.unblindings.push(event); return
      case 'mapping.finding': this.#lists.findings.push(event); return
      case 'keyframe':
      case 'seal':
        return
      default:
        // A kind this version does not know belongs into no table of it.
        event satisfies never
    }
  }

  /** A mapping that was cut off and is gone on with: the recording is, too, and what ended it was no end. */
  #goesOn(): void {
    if (!this.#reopened) return
    this.#reopened = false
    this.#ended = undefined
  }

  #release(event: EventOf<'stimulation.off'>): void {
    const span = this.#spans.get(event.stimulation)
    if (span !== undefined && span.off === undefined)
      this.#spans.set(event.stimulation, { ...span, off: event })
  }
}

/** Whether the timeline's columns are all that is kept of an event. */
export function isBulk(kind: string): boolean {
  return (BULK_KINDS as readonly string[]).includes(kind)
}

export function projectTables(events: Iterable<SessionEvent>): SessionTables {
  const projection = new TablesProjection()
  for (const event of events)
    projection.apply(event)
  return projection.tables()
}
