/** What tiers and terms of a session are called, and an annotation in one line. */
import type { Scheme, Term, Tier } from '../../../preload/contract/vocabulary'
import type { Annotation } from './search'
import { computed } from 'vue'

export interface SchemeNames {
  tierOf: (id: string | undefined) => Tier | undefined
  termsOf: (tier: string | undefined) => Term[]
  /** What a term is called; its code where the vocabulary has it no longer. */
  labelOf: (tier: string, code: string | undefined) => string
  /** Its term, its text, or that it is a mark. */
  lineOf: (annotation: Pick<Annotation, 'tier' | 'term' | 'text'>) => string
}

export function schemeNames(scheme: () => Scheme): SchemeNames {
  const terms = computed(() => new Map(scheme().vocabularies.map(({ vocabulary, terms }) => [vocabulary, terms])))
  const tierOf = (id: string | undefined): Tier | undefined => scheme().tiers.find(({ tier }) => tier === id)
  const termsOf = (tier: string | undefined): Term[] => terms.value.get(tierOf(tier)?.vocabulary ?? '') ?? []
  const labelOf = (tier: string, code: string | undefined): string => code === undefined ? '' : termsOf(tier).find(term => term.code === code)?.label ?? code
  const lineOf = ({ tier, term, text }: Pick<Annotation, 'tier' | 'term' | 'text'>): string => [labelOf(tier, term), text.split('\n')[0]].filter(part => part !== '').join(': ') || 'mark'
  return { tierOf, termsOf, labelOf, lineOf }
}
