/** Annotations as CSV: what is written comes back to the nanosecond and the letter; what cannot be one is refused by line. */
import type { CsvPlace } from '../../main/session/annotationCsv'
import type { Annotation } from '../../preload/contract/annotation'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { annotationsFromCsv, annotationsToCsv } from '../../main/session/annotationCsv'
import { DEFAULT_SCHEME } from '../../preload/contract/vocabulary'
import { ulidOf } from './support'

const TRIAL = ulidOf(7)
const place: CsvPlace = {
  scheme: DEFAULT_SCHEME,
  end: 60e9,
  trials: new Set([TRIAL]),
  stepAt: t => t < 30e9 ? 1 : 2,
  author: 'ada',
  refused: (tier, author) => tier === 'response' && author === 'eve' ? 'eve does not rate here.' : undefined,
}
const read = (...lines: string[]) => annotationsFromCsv(lines.join('\n'), place)
const problems = (...lines: string[]) => read(...lines).problems.map(({ line, column, message }) => `${line} ${column ?? '-'}: ${message}`)

const HEADER = 'from_s,to_s,tier,term,text,author,sites,trials'
const note = (change: Partial<Annotation>): Annotation => ({ kind: 'annotation', id: ulidOf(1), t: 0, step: 0, annotation: ulidOf(2), from: { t: 1, step: 1 }, to: { t: 1, step: 1 }, tier: 'notes', text: '', author: 'ada', sites: [], trials: [], removed: false, ...change })

describe('reading', () => {
  it('takes rows in any order of columns, codes or labels, with what is left out filled in', () => {
    const { rows, problems } = read('tier;text;from_s;to_s;term;trials', `Response;"a; b";1.5;2.000000001;NO ANSWER;${TRIAL}`, 'notes;;40;;;')
    expect(problems).toEqual([])
    expect(rows).toEqual([
      { from: { t: 1.5e9, step: 1 }, to: { t: 2_000_000_001, step: 1 }, tier: 'response', term: 'no-answer', text: 'a; b', author: 'ada', sites: [], trials: [TRIAL] },
      { from: { t: 40e9, step: 2 }, to: { t: 40e9, step: 2 }, tier: 'notes', text: '', author: 'ada', sites: [], trials: [] },
    ])
  })

  it('says of each row what is wrong, by its line, and keeps the good ones apart', () => {
    const { rows } = read(HEADER, '1,,notes,,fine,,,', '61,,notes,,,,,')
    expect(rows).toHaveLength(1)
    expect(problems(
      HEADER,
      '"a\nnote of two lines",,notes,,,,,',
      '61,,notes,,,,,',
      '2,1,notes,,,,,',
      '3,,speech,,,,,',
      '4,,response,stutter,,,,',
      '5,,notes,correct,,,,',
      '6,,notes,,,,layers.0.unit[,',
      `7,,notes,,,,,${ulidOf(8)}`,
      '8,,response,correct,,eve,,',
      '-1,,notes,,,,,',
      '1e3,,notes,,,,,',
      '9,,notes',
    )).toEqual([
      '2 from_s: “a\nnote of two lines” is no time: seconds since the session began, such as 12.5.',
      '4 from_s: 61 s lies outside the session, which ends at 60 s.',
      '5 to_s: The end, 1 s, comes before the beginning, 2 s.',
      '6 tier: There is no tier “speech”. Tiers: notes, response.',
      expect.stringMatching(/^7 term: Tier “Response” has no term “stutter”\. Terms: correct, slowed,/),
      '8 term: Tier “Notes” holds free text and takes no term.',
      expect.stringMatching(/^9 sites: /),
      `10 trials: There is no trial “${ulidOf(8)}” in this session.`,
      '11 author: eve does not rate here.',
      '12 from_s: “-1” is no time: seconds since the session began, such as 12.5.',
      '13 from_s: “1e3” is no time: seconds since the session began, such as 12.5.',
      '14 -: 3 cells where the header names 8. A comma inside a cell needs quotes around the cell.',
    ])
  })

  it('says what is wrong with the header', () => {
    expect(problems('from_s,text,colour')).toEqual([
      '1 -: There is no column “colour”. Columns: from_s, to_s, tier, term, text, author, sites, trials.',
      '1 -: Column “tier” is missing.',
    ])
    expect(problems('')).toEqual([expect.stringContaining('The file is empty')])
    expect(problems('from_s,tier,tier')).toEqual(['1 -: Column “tier” is there twice.'])
  })

  it('of a file cut in a quoted cell refuses that line and throws nothing', () => {
    const { rows, problems: found } = read(HEADER, '1,,notes,,fine,,,', '2,,notes,,"cut he')
    expect(rows).toHaveLength(1)
    expect(found).toHaveLength(1)
    expect(found[0]!.line).toBeGreaterThanOrEqual(3)
  })
})

describe('writing', () => {
  it('makes a formula of nothing, in any cell', () => {
    const csv = annotationsToCsv([note({ text: '=HYPERLINK("http://x","y")', author: '@evil', sites: ['+1'] }), note({ text: '\'=1', annotation: ulidOf(3) }), note({ text: '＝1', annotation: ulidOf(4) })])
    const cells = csv.split(/[,\r\n]+/)
    expect(cells.filter(cell => /^"?[=+\-@＝]/.test(cell))).toEqual([])
    expect(csv).toContain(`"'=HYPERLINK(""http://x"",""y"")"`)
    expect(csv).toContain('\'\'=1')
  })

  it('comes back the same, whatever the text', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string(), fc.constantFrom('=1+1', '\'=x', '\'\'', '<b>bold</b>', 'a\r\nb', '\t', '"', ',', '-', '@', '; '))
    fc.assert(fc.property(fc.array(fc.record({ text, author: fc.constantFrom('ada', '=ada', 'O\'Neil', '- -'), from: fc.integer({ min: 0, max: 6e10 }), length: fc.integer({ min: 0, max: 1e9 }), term: fc.constantFrom(undefined, 'correct') })), (list) => {
      const notes = list.map(({ text, author, from, length, term }, i) => {
        const to = Math.min(6e10, from + length)
        return note({ annotation: ulidOf(100 + i), text, author, tier: 'response', from: { t: from, step: place.stepAt(from) }, to: { t: to, step: place.stepAt(to) }, trials: [TRIAL], sites: ['layers.0.unit[3]', 'layers.1.weight[9,3]'], ...(term === undefined ? {} : { term }) })
      }).sort((a, b) => a.from.t - b.from.t || (a.annotation < b.annotation ? -1 : 1))
      const { rows, problems } = annotationsFromCsv(annotationsToCsv(notes), place)
      expect(problems).toEqual([])
      expect(rows).toEqual(notes.map(({ from, to, tier, term, text, author, sites, trials }) => ({ from, to, tier, ...(term === undefined ? {} : { term }), text, author, sites, trials })))
    }))
  })
})
