/**
 * Tiers and vocabularies of what is being annotated, who sits at the desk, and how blind ratings stand. The host says;
 * this keeps its last word. Which tier the digit keys write to is the window's own choice.
 */
import type { AnnotationFrame } from '../../preload/contract/annotation'
import type { Rating } from '../../preload/contract/rating'
import type { Scheme, Term, Tier } from '../../preload/contract/vocabulary'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { samePerson } from '../../preload/contract/rating'
import { DEFAULT_SCHEME } from '../../preload/contract/vocabulary'
import { undoStack } from '../commands/undoStack'
import { useConnection } from './connection'
import { schemeNames } from './session/schemeNames'

const NO_FRAME: AnnotationFrame = { viewer: '', scheme: DEFAULT_SCHEME, ratings: [], total: 0 }

export const useTiers = defineStore('tiers', () => {
  const connection = useConnection()
  const frame = shallowRef<AnnotationFrame>(NO_FRAME)
  /** Rises whenever what may be seen can have changed: another person, a rating begun or opened. */
  const sight = ref(0)
  const chosen = ref<string>()

  const scheme = computed(() => frame.value.scheme)
  const tiers = computed(() => scheme.value.tiers)
  const viewer = computed(() => frame.value.viewer)
  const { tierOf, termsOf, labelOf, lineOf } = schemeNames(() => scheme.value)
  /** The tier that the digit keys write to: the chosen one, else the first with a vocabulary. */
  const active = computed<Tier | undefined>(() => tiers.value.find(({ tier }) => tier === chosen.value) ?? tiers.value.find(({ vocabulary }) => vocabulary !== undefined) ?? tiers.value[0])
  const activeTerms = computed(() => termsOf(active.value?.tier))
  /** Where a note without a term goes: the first tier of free text, else the first. */
  const free = computed(() => tiers.value.find(({ vocabulary }) => vocabulary === undefined) ?? tiers.value[0])

  const blind = computed(() => frame.value.ratings.filter(({ unblinded }) => unblinded === undefined))
  /** The blind rating in which the person at the desk is a rater. */
  const mine = computed(() => blind.value.find(isRater))
  function isRater({ raters }: Rating): boolean {
    return raters.some(name => samePerson(name, viewer.value))
  }

  function termOfKey(key: number): Term | undefined {
    return activeTerms.value.find(term => term.key === key)
  }

  function activate(tier: string): void {
    chosen.value = tier
  }

  /** To the next tier that has a vocabulary, or the next at all. */
  function cycle(): void {
    const coded = tiers.value.filter(({ vocabulary }) => vocabulary !== undefined)
    const among = coded.length > 0 ? coded : tiers.value
    chosen.value = among[(among.findIndex(({ tier }) => tier === active.value?.tier) + 1) % among.length]?.tier
  }

  function accept(next: AnnotationFrame): void {
    const changed = next.viewer !== frame.value.viewer || sightOf(next) !== sightOf(frame.value)
    frame.value = next
    if (changed)
      sight.value++
  }

  function forget(): void {
    frame.value = NO_FRAME
  }

  async function refresh(): Promise<void> {
    accept(await connection.host.annotationFrame())
  }

  async function save(next: Scheme): Promise<boolean> {
    const before = scheme.value
    const apply = async (wanted: Scheme): Promise<void> => accept(await connection.host.saveScheme(wanted))
    const done = await connection.attempt(async () => {
      await apply(next)
      return true
    })
    if (done)
      undoStack.push({ label: 'tiers and vocabularies', undo: () => apply(before), redo: () => apply(next) })
    return done ?? false
  }

  /** Another person sits down. What the one before did is not theirs to undo. */
  async function sitDown(name: string): Promise<void> {
    await connection.saveSettings({ operator: name.trim() })
    undoStack.clear()
    await connection.attempt(refresh)
  }

  const rate = (request: () => Promise<AnnotationFrame>): Promise<boolean> => connection.attempt(async () => {
    accept(await request())
    return true
  }).then(done => done ?? false)
  const beginRating = (tier: string, raters: [string, string]): Promise<boolean> => rate(() => connection.host.beginRating({ tiers: [tier], raters }))
  const declareDone = (rating: string, done: boolean): Promise<boolean> => rate(() => connection.host.declareDone({ rating, done }))
  const unblind = (rating: string): Promise<boolean> => rate(() => connection.host.unblindRating(rating))

  return { frame, sight, scheme, tiers, viewer, active, activeTerms, free, blind, mine, tierOf, termsOf, labelOf, lineOf, termOfKey, activate, cycle, accept, forget, refresh, save, sitDown, beginRating, declareDone, unblind }
})

/** What decides who sees what. */
function sightOf({ ratings }: AnnotationFrame): string {
  return ratings.map(({ rating, unblinded }) => `${rating} ${unblinded?.t ?? 'blind'}`).join()
}
