import type { EventOf } from '../../../preload/contract/session'
import type { SessionHead } from '../../../preload/contract/timeline'
import { describe, expect, it } from 'vitest'
import { mappingSection } from '../../../main/session/exports/report/mapping'
import { Numbering } from '../../../main/session/exports/report/numbering'

const MAPPING = 'M'.repeat(26)
const at = { id: 'E'.repeat(26), t: 1, step: 0 }

function verdict(site: string, change: Partial<EventOf<'verdict'>>): EventOf<'verdict'> {
  return { ...at, kind: 'verdict', mapping: MAPPING, site, verdict: 'negative', reason: `of <b>${site}</b>`, k: 0, n: 3, items: 24, lost: 0, gained: 0, p: 1, adjusted: 1, absentP: 0.001, absentAdjusted: 0.004, test: 'e-process', correction: 'holm', effect: 0, interval: [0, 0.228], logProbability: { mean: 0, se: 0 }, strength: 0, largest: true, ...change }
}

function section(faulty: boolean): string {
  const finding = (about: EventOf<'mapping.finding'>['about']): EventOf<'mapping.finding'> => ({ ...at, kind: 'mapping.finding', mapping: MAPPING, about })
  const head: Pick<SessionHead, 'mappings' | 'verdicts' | 'ramps' | 'unblindings' | 'findings'> = {
    mappings: [{ ...at, kind: 'mapping', mapping: MAPPING, mode: 'hand', operator: '', sites: 2, counts: { calibrate: 64, map: 128, heldOut: 64, excluded: 0 }, power: { reached: 1, trials: 8, sites: 2 } } as EventOf<'mapping'>],
    verdicts: [
      verdict('b', {}),
      verdict('a', { verdict: 'positive', lost: 24, adjusted: 3e-6 }),
      verdict('a', { verdict: 'positive', lost: 24, adjusted: 3e-6, tag: 1, verified: { items: 64, lost: 61, interval: [0.9, 1] } }),
      verdict('other', { mapping: 'N'.repeat(26) }),
    ],
    ramps: [],
    unblindings: [],
    findings: [finding({ finding: 'instrument', shams: 10, identical: faulty ? 9 : 10, statesSame: 41, trials: 41, faulty }), finding({ finding: 'seizures', seizures: [] })],
  }
  return String(mappingSection(head as SessionHead, new Numbering()))
}

describe('a mapping in a report', () => {
  it('has one verdict a site, the last one, and none of another mapping', () => {
    const text = section(false)
    expect(text).toContain('Verdicts on 2 sites')
    expect(text.match(/<code><bdi>a<\/bdi><\/code>/g)).toHaveLength(1)
    expect(text).toContain('61 of 64')
    expect(text.indexOf('<bdi>a</bdi>')).toBeLessThan(text.indexOf('<bdi>b</bdi>'))
    expect(text).not.toContain('<bdi>other</bdi>')
  })

  it('says whether the instrument was right, whether it was unblinded, and keeps what was written as text', () => {
    expect(section(false)).toContain('<span class="ok">10 of 10 shams bit-identical')
    expect(section(true)).toContain('<span class="bad">faulty: 9 of 10 shams bit-identical')
    expect(section(false)).toContain('not unblinded')
    expect(section(false)).toContain('of &lt;b&gt;a&lt;/b&gt;')
  })
})
