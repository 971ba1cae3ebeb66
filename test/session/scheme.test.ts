/** Tiers and vocabularies as events: defaults, corrections, what is refused before anything is written. */
import type { Scheme } from '../../preload/contract/vocabulary'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addAnnotation } from '../../main/session/annotations'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { beginScheme, writeScheme } from '../../main/session/scheme'
import { checkScheme, codeOf, DEFAULT_SCHEME, ERROR_CODES, withDistinctKeys } from '../../preload/contract/vocabulary'
import { create, StillTime, temporaryFolder } from './support'

const scheme = (change: (draft: Scheme) => void): Scheme => {
  const draft = structuredClone(DEFAULT_SCHEME)
  change(draft)
  return draft
}

const codeThrown = (run: () => void): string | undefined => {
  try {
    run()
    return undefined
  }
  catch (error) {
    return (error as { code?: string }).code
  }
}

describe('a scheme', () => {
  it('comes with one key for each code of the error taxonomy', () => {
    checkScheme(DEFAULT_SCHEME)
    expect(DEFAULT_SCHEME.vocabularies[0]!.terms.map(({ code }) => code)).toEqual(ERROR_CODES)
    expect(new Set(DEFAULT_SCHEME.vocabularies[0]!.terms.map(({ key }) => key)).size).toBe(ERROR_CODES.length)
  })

  it.each<[string, string, string, (draft: Scheme) => void]>([
    ['two terms on one key', 'scheme-duplicate', 'vocabularies[0].terms[2].key', draft => draft.vocabularies[0]!.terms[2]!.key = 1],
    ['one label twice, case aside', 'scheme-duplicate', 'vocabularies[0].terms[3].label', draft => draft.vocabularies[0]!.terms[3]!.label = 'SLOWED '],
    ['one code twice', 'scheme-duplicate', 'vocabularies[0].terms[1].code', draft => draft.vocabularies[0]!.terms[1]!.code = 'correct'],
    ['two tiers of one name', 'scheme-duplicate', 'tiers[1].name', draft => draft.tiers[1]!.name = 'notes'],
    ['a vocabulary there is not', 'vocabulary-unknown', 'tiers[0].vocabulary', draft => draft.tiers[0]!.vocabulary = 'lost'],
    ['no tier', 'scheme-empty', 'tiers', draft => draft.tiers = []],
    ['a vocabulary without terms', 'vocabulary-empty', 'vocabularies[0].terms', draft => draft.vocabularies[0]!.terms = []],
  ])('with %s is refused, and the place is named', (_, code, path, change) => {
    expect(() => checkScheme(scheme(change))).toThrow(expect.objectContaining({ code, path }))
  })

  it('says which two share a key', () => {
    expect(() => checkScheme(scheme(draft => draft.vocabularies[0]!.terms[2]!.key = 1))).toThrow('The key 1 is used twice in vocabulary “Response”: by “correct” and “near confusion”.')
  })

  it('makes codes of labels', () => {
    expect(codeOf('  Near  confusion (2) ')).toBe('near-confusion-2')
    expect(codeOf('Überlegt')).toBe('überlegt')
    expect(codeOf('—')).toBeUndefined()
  })
})

describe('in a session', () => {
  it('an older one is read with the default one, and opening writes nothing', async () => {
    const folder = join(temporaryFolder(), 'old.session')
    create(folder, { time: new StillTime() }).close()
    const { notes } = await SessionReader.open(folder)
    expect(notes.scheme).toEqual(DEFAULT_SCHEME)
    expect(notes.hasScheme).toBe(false)
  })

  it('is written whole, then only what changed, as corrections that a reopened session goes on from', async () => {
    const folder = join(temporaryFolder(), 'new.session')
    const recorder = create(folder, { time: new StillTime() })
    beginScheme(recorder, 0)
    beginScheme(recorder, 0)
    expect(recorder.events).toBe(1 + 3)
    recorder.close()

    const again = await SessionRecorder.reopen(folder, { appVersion: '0.2.0', time: new StillTime() })
    const reworded = scheme(draft => draft.vocabularies[0]!.terms[1]!.label = 'hesitant')
    const [event, ...more] = writeScheme(again, reworded, 0)
    expect(more).toEqual([])
    expect(event).toMatchObject({ kind: 'vocabulary', vocabulary: 'response', removed: false })
    expect(event!.supersedes).toHaveLength(26)
    expect(writeScheme(again, reworded, 0)).toEqual([])
    again.close()
    expect((await SessionReader.open(folder)).notes.scheme).toEqual(reworded)
  })

  it('keeps a tier that holds annotations, and says how many', () => {
    const recorder = create(join(temporaryFolder(), 'x.session'), { time: new StillTime() })
    beginScheme(recorder, 0)
    addAnnotation(recorder, { tier: 'notes', text: 'pause', sites: [], trials: [] }, 'ada', 0)
    const before = recorder.events
    const without = scheme(draft => draft.tiers.shift())
    expect(codeThrown(() => writeScheme(recorder, without, 0))).toBe('tier-in-use')
    expect(recorder.events).toBe(before)
    writeScheme(recorder, scheme(draft => draft.tiers.splice(1)), 0)
    expect(recorder.notes.scheme.tiers.map(({ tier }) => tier)).toEqual(['notes'])
    recorder.close()
  })

  it('reads a vocabulary of unknown making in which two terms claim a key: the first has it', async () => {
    const folder = join(temporaryFolder(), 'odd.session')
    const recorder = create(folder, { time: new StillTime() })
    const term = (code: string, key: number) => ({ code, label: code, key, description: '' })
    recorder.append({ kind: 'vocabulary', vocabulary: 'odd', name: 'Odd', terms: [term('a', 1), term('b', 1), term('c', 2)], removed: false }, 0)
    recorder.close()
    const { scheme: { vocabularies } } = (await SessionReader.open(folder)).notes
    expect(vocabularies[0]!.terms.map(({ key }) => key)).toEqual([1, undefined, 2])
    expect(withDistinctKeys(vocabularies[0]!.terms)).toEqual(vocabularies[0]!.terms)
  })
})
