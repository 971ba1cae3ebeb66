/** How the library says when, how long and in what state a session is; and which sessions a search means. */
import type { SessionSummary } from '../../../preload/contract/session'

export function stateText(state: SessionSummary['state']): string {
  switch (state) {
    case 'closed': return 'closed'
    case 'unclosed': return 'not closed properly'
    case 'recording': return 'being recorded'
    case 'unreadable': return 'unreadable'
    default: return state satisfies never
  }
}

/** The user's own calendar: `2 January 2026, 03:04`. */
export function whenText(startedAt: string, locale?: string): string {
  const date = new Date(startedAt)
  return Number.isNaN(date.getTime()) ? 'date unknown' : date.toLocaleString(locale, { dateStyle: 'long', timeStyle: 'short' })
}

/** `0.8 s`, `12 s`, `3 min 5 s`, `1 h 4 min`. */
export function lengthText(ns: number): string {
  const seconds = ns / 1e9
  if (seconds < 10)
    return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60)
    return `${whole} s`
  const minutes = Math.floor(whole / 60)
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Every word of the query begins a word of title, operators, patient or folder name. */
export function matchesSession({ title, operators, primary, name }: SessionSummary, query: string): boolean {
  const words = [title, name, primary, ...operators].join(' ').toLowerCase().split(/[\s·,-]+/)
  return query.toLowerCase().split(/[\s·,-]+/).every(word => words.some(candidate => candidate.startsWith(word)))
}
