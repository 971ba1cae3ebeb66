/** What the screen needs to draw one moment of a session, folded from events one by one. Pure. */
import type { EventOf, SessionEvent, SessionState } from '../../preload/contract/session'

export const EMPTY_STATE: SessionState = { tags: [] }

/** The state after the event. Shares what did not change and never changes its argument. */
export function reduceState(state: SessionState, event: SessionEvent): SessionState {
  switch (event.kind) {
    case 'stimulation':
      return { ...state, stimulation: event }
    case 'stimulation.off':
      return state.stimulation?.stimulation === event.stimulation ? quiet(state) : state
    case 'session.ended':
      return quiet(state)
    case 'trial':
      return { ...state, trial: event }
    case 'view':
      return { ...state, view: event }
    case 'training':
      return { ...state, training: event }
    case 'sweep':
      return { ...state, sweep: event }
    case 'symbiote':
      return { ...state, symbiote: event }
    case 'symbiote.gates':
      return { ...state, gates: event }
    case 'match':
      return { ...state, match: event }
    case 'mapping.transition':
      return { ...state, mapping: event }
    case 'tag':
      return { ...state, tags: placeTag(state.tags, event) }
    case 'session.started':
    case 'session.reopened':
    case 'provenance':
    case 'battery':
    case 'site':
    case 'annotation':
    case 'vocabulary':
    case 'tier':
    case 'rating':
    case 'rating.done':
    case 'rating.unblinded':
    case 'signal':
    case 'instrument':
    case 'verification':
    case 'mapping':
    case 'mapping.trial':
    case 'score':
    case 'ramp':
    case 'verdict':
    case 'mapping.unblinded':
    case 'mapping.finding':
    case 'keyframe':
    case 'seal':
      return state
    default:
      // A kind this version does not know changes nothing it could draw.
      event satisfies never
      return state
  }
}

function quiet(state: SessionState): SessionState {
  const { stimulation: _, ...rest } = state
  return rest
}

/** Tags stay in the order of their numbers. */
function placeTag(tags: EventOf<'tag'>[], event: EventOf<'tag'>): EventOf<'tag'>[] {
  const others = tags.filter(tag => tag.tag !== event.tag && tag.id !== event.supersedes)
  return event.removed ? others : [...others, event].sort((a, b) => a.number - b.number)
}

/** Whether a keyframe holds what it should. */
export function isState(value: unknown): value is SessionState {
  return typeof value === 'object' && value !== null && 'tags' in value && Array.isArray(value.tags)
}
