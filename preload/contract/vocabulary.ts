/**
 * Tiers and vocabularies: what annotations are sorted by and coded with. A tier holds free text, or terms of one
 * vocabulary. Codes are stable, so that a label can be reworded without touching what was rated with it.
 */
import { z } from 'zod'
import { UserError } from './errors'

const id = z.string().length(26)
const name = z.string().min(1).max(200)
/** Lower-case words joined by hyphens: what annotations, scores and exports hold. */
const code = z.string().min(1).max(64).regex(/^[\p{Ll}\p{Lo}\p{N}]+(?:-[\p{Ll}\p{Lo}\p{N}]+)*$/u, 'takes lower-case letters, digits and hyphens')

export const termSchema = z.strictObject({
  code,
  label: name,
  /** The digit that writes it. A vocabulary may have more terms than there are digits. */
  key: z.int().min(1).max(9).optional(),
  description: z.string().max(2000),
})
export type Term = z.infer<typeof termSchema>

/** Names of colours, safe for colour blindness and none of the four that mean something: blue, amber, red, green. */
export const TIER_COLOURS = ['paper', 'violet', 'cyan', 'yellow', 'rose', 'slate'] as const

const vocabularyFields = { vocabulary: name, name, terms: z.array(termSchema).max(500) }
const tierFields = { tier: name, name, colour: z.enum(TIER_COLOURS), vocabulary: name.optional() }
const correction = { removed: z.boolean().default(false), supersedes: id.optional() }

/** As events of a session; a later one on the same vocabulary or tier supersedes. */
export const vocabularyEventSchema = z.object({ kind: z.literal('vocabulary'), ...vocabularyFields, ...correction })
export const tierEventSchema = z.object({ kind: z.literal('tier'), ...tierFields, ...correction })

export const vocabularySchema = z.strictObject(vocabularyFields)
export type Vocabulary = z.infer<typeof vocabularySchema>
export const tierSchema = z.strictObject(tierFields)
export type Tier = z.infer<typeof tierSchema>

/** All tiers of a session with their vocabularies, in the order they are shown. */
export interface Scheme { tiers: Tier[], vocabularies: Vocabulary[] }

/** As a JSON file, exchanged between sessions. */
const SCHEME_FORMAT = 'symbiote-tiers/1'
const schemeFileSchema = z.strictObject({ format: z.literal(SCHEME_FORMAT), tiers: z.array(tierSchema).max(200), vocabularies: z.array(vocabularySchema).max(200) })

export function schemeToJson(scheme: Scheme): string {
  return `${JSON.stringify({ format: SCHEME_FORMAT, ...scheme }, undefined, 2)}\n`
}

/** Throws UserErrors: `not-json`, `scheme-malformed` with the place, and those of `checkScheme`. `name` is the file's. */
export function schemeFromJson(json: string, name: string): Scheme {
  let value: unknown
  try {
    value = JSON.parse(json.replace(/^\uFEFF/, ''))
  }
  catch (error) {
    throw new UserError({ code: 'not-json', message: `${name} is no JSON: ${(error as Error).message}.`, remedy: 'Choose a file that Export wrote.', path: name })
  }
  const read = schemeFileSchema.safeParse(value)
  if (!read.success) {
    const { path, message } = read.error.issues[0]!
    const where = path.map(part => typeof part === 'number' ? `[${part}]` : `.${String(part)}`).join('').replace(/^\./, '')
    throw new UserError({ code: 'scheme-malformed', message: `${name}${where === '' ? '' : `, ${where}`}: ${message}.`, remedy: `It takes {"format": "${SCHEME_FORMAT}", "tiers": […], "vocabularies": […]}, as Export writes it.`, path: name })
  }
  const { tiers, vocabularies } = read.data
  checkScheme({ tiers, vocabularies })
  return { tiers, vocabularies }
}

/**
 * What an answer can be: the clinic's error taxonomy (design of sessions). The codes of automatic scores and of human
 * ones are these, so that they can be laid side by side.
 */
export const ERROR_CODES = ['correct', 'slowed', 'confusion-near', 'confusion-far', 'perseveration', 'no-answer', 'error'] as const
export type ErrorCode = typeof ERROR_CODES[number]

const ERROR_TERMS: Record<ErrorCode, { label: string, description: string }> = {
  'correct': { label: 'correct', description: 'The right answer, with the margin it has without stimulation.' },
  'slowed': { label: 'slowed', description: 'The right answer, with a smaller margin than without stimulation.' },
  'confusion-near': { label: 'near confusion', description: 'A wrong answer from a class close to the right one.' },
  'confusion-far': { label: 'far confusion', description: 'A wrong answer from a class unlike the right one.' },
  'perseveration': { label: 'perseveration', description: 'The answer of the item before, again.' },
  'no-answer': { label: 'no answer', description: 'No class stands out.' },
  'error': { label: 'other error', description: 'A wrong answer that is none of these.' },
}

export const RESPONSE_VOCABULARY: Vocabulary = {
  vocabulary: 'response',
  name: 'Response',
  terms: ERROR_CODES.map((error, i) => ({ code: error, key: i + 1, ...ERROR_TERMS[error] })),
}

/** What a new session begins with, and what one without tiers of its own is read with. */
export const DEFAULT_SCHEME: Scheme = {
  tiers: [
    { tier: 'notes', name: 'Notes', colour: 'paper' },
    { tier: 'response', name: 'Response', colour: 'violet', vocabulary: RESPONSE_VOCABULARY.vocabulary },
  ],
  vocabularies: [RESPONSE_VOCABULARY],
}

/** Throws a UserError on the first thing that is there twice or refers to nothing; `path` says where. */
export function checkScheme({ tiers, vocabularies }: Scheme): void {
  if (tiers.length === 0)
    throw schemeError('scheme-empty', 'tiers', 'There is no tier.', 'Keep at least one.')
  distinct('tiers', tiers, { tier: ({ tier }) => tier, name: tier => folded(tier.name) }, tier => `tier “${tier.name}”`)
  distinct('vocabularies', vocabularies, { vocabulary: ({ vocabulary }) => vocabulary, name: vocabulary => folded(vocabulary.name) }, vocabulary => `vocabulary “${vocabulary.name}”`)
  vocabularies.forEach(({ name, terms }, i) => {
    if (terms.length === 0)
      throw schemeError('vocabulary-empty', `vocabularies[${i}].terms`, `Vocabulary “${name}” has no term.`, 'Give it one, or remove it.')
    distinct(`vocabularies[${i}].terms`, terms, { code: term => term.code, label: term => folded(term.label), key: ({ key }) => key }, term => `“${term.label}”`, ` in vocabulary “${name}”`)
  })
  tiers.forEach(({ name, vocabulary }, i) => {
    if (vocabulary !== undefined && !vocabularies.some(other => other.vocabulary === vocabulary))
      throw schemeError('vocabulary-unknown', `tiers[${i}].vocabulary`, `Tier “${name}” uses vocabulary “${vocabulary}”, which there is not.`, 'Choose one there is, or free text.')
  })
}

/** A code for a label: `Near confusion` becomes `near-confusion`. Undefined where nothing is left. */
export function codeOf(label: string): string | undefined {
  const words = label.normalize('NFKC').toLowerCase().match(/[\p{Ll}\p{Lo}\p{N}]+/gu)
  return words?.join('-').slice(0, 64).replace(/-$/, '')
}

/** A vocabulary from a file of unknown making: where two terms claim a key, the first has it. */
export function withDistinctKeys(terms: readonly Term[]): Term[] {
  const taken = new Set<number>()
  return terms.map((term) => {
    if (term.key === undefined || !taken.has(term.key)) {
      if (term.key !== undefined)
        taken.add(term.key)
      return term
    }
    const { key: _, ...rest } = term
    return rest
  })
}

function distinct<T>(path: string, list: readonly T[], fields: Record<string, (one: T) => string | number | undefined>, said: (one: T) => string, where = ''): void {
  for (const [field, of] of Object.entries(fields)) {
    const seen = new Map<string | number, T>()
    list.forEach((one, i) => {
      const value = of(one)
      const first = value === undefined ? undefined : seen.get(value)
      if (first !== undefined)
        throw schemeError('scheme-duplicate', `${path}[${i}].${field}`, `The ${field} ${typeof value === 'number' ? value : `“${value}”`} is used twice${where}: by ${said(first)} and ${said(one)}.`, `Give each its own ${field}.`)
      if (value !== undefined)
        seen.set(value, one)
    })
  }
}

function folded(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase()
}

function schemeError(code: string, path: string, message: string, remedy: string): UserError {
  return new UserError({ code, message, remedy, path })
}
