import type { SessionSummary } from '../../../../preload/contract/session'
import { describe, expect, it } from 'vitest'
import { lengthText, matchesSession, whenText } from '../../../../renderer/panels/library/words'

const session: SessionSummary = { path: '/s/ward.session', name: 'ward', title: 'Ward round · 3', operators: ['Ada Lovelace'], startedAt: '2026-01-02T03:04:05.000Z', duration: 1, events: 1, trials: 1, annotations: 0, primary: 'digits', state: 'closed' }

describe('library', () => {
  it.each(['', 'ward', 'round 3', 'LOVE', 'dig ada'])('finds by %s', query => expect(matchesSession(session, query)).toBe(true))
  it.each(['ound', 'ward 4', 'x'])('does not find by %s', query => expect(matchesSession(session, query)).toBe(false))

  it('says how long with a unit', () => {
    expect(lengthText(0.84e9)).toBe('0.8 s')
    expect(lengthText(59.6e9)).toBe('1 min 0 s')
    expect(lengthText(185e9)).toBe('3 min 5 s')
    expect(lengthText(3840e9)).toBe('1 h 4 min')
  })

  it('does not invent a date', () => {
    expect(whenText('')).toBe('date unknown')
    expect(whenText('2026-01-02T12:00:00.000Z', 'en-GB')).toContain('2 January 2026')
  })
})
