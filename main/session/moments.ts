/** The state of a recorded session at any moment, read from the nearest keyframe on. */
import type { SessionEvent, SessionState } from '../../preload/contract/session'
import type { Timeline } from './timeline'
import type { Log } from './walk'
import { EMPTY_STATE, isState, reduceState } from './state'
import { BEGINNING, eventsBetween } from './walk'

export class Moments {
  readonly #log: Log
  readonly #timeline: Timeline
  /** The stretch last looked at: scrubbing asks for the same one again and again. */
  #stretch: { index: number, events: SessionEvent[] } | undefined

  constructor(log: Log, timeline: Timeline) {
    this.#log = log
    this.#timeline = timeline
  }

  /** After every event up to and at `t` ns. */
  stateAt(t: number): SessionState {
    let state = EMPTY_STATE
    for (const event of this.#eventsBefore(t)) {
      if (event.t > t)
        break
      if (event.kind === 'keyframe' && isState(event.state))
        state = event.state
      else
        state = reduceState(state, event)
    }
    return state
  }

  /** The log has grown: what was read may not be all. */
  forget(): void {
    this.#stretch = undefined
  }

  #eventsBefore(t: number): SessionEvent[] {
    const { index, from, to } = this.#timeline.keyframeAt(t)
    if (this.#stretch?.index !== index)
      this.#stretch = { index, events: [...eventsBetween(this.#log, from ?? BEGINNING, to)] }
    return this.#stretch.events
  }
}
