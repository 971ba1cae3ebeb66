/**
 * Events as JSON text and back. JSON has no NaN and no infinities, yet a log-probability may be −∞ and a seizure is
 * made of NaN: those are written as `{"$number":"-Infinity"}`, and everything else is plain JSON.
 */
import type { SessionEvent } from '../../preload/contract/session'

export function eventToJson(event: SessionEvent): string {
  return toJson(event)
}

/** Anything a session keeps as text. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value)
  // JSON.stringify turns non-finite numbers into null; looking for it is far cheaper than a replacer for every event.
  return json.includes('null') ? JSON.stringify(value, marked) : json
}

/** The opposite of `toJson`; throws where it is no JSON. */
export function fromJson(json: string): unknown {
  return json.includes('{"$number":') ? JSON.parse(json, unmarked) : JSON.parse(json)
}

/** Undefined where the text is no event. */
export function eventFromJson(json: string): SessionEvent | undefined {
  try {
    const value = fromJson(json)
    return isEvent(value) ? value : undefined
  }
  catch {
    return undefined
  }
}

function isEvent(value: unknown): value is SessionEvent {
  if (typeof value !== 'object' || value === null)
    return false
  const { id, t, step, kind } = value as Record<string, unknown>
  return typeof id === 'string' && typeof t === 'number' && typeof step === 'number' && typeof kind === 'string'
}

function marked(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? { $number: String(value) } : value
}

function unmarked(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && '$number' in value ? Number(value.$number) : value
}
