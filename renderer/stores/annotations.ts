/**
 * Annotations of what is being recorded or replayed: added, edited one or many at a time, taken back, searched.
 * One list at a time, that of the open session in Replay and that of the recording otherwise; the host sends of it what
 * the person at the desk may see. Bulk edits are one act: one undo takes them back.
 */
import type { AnnotationChange, NewAnnotation } from '../../preload/contract/annotation'
import type { UserErrorData } from '../../preload/contract/errors'
import type { Annotation } from './session/search'
import type { Stretch } from './session/tracks'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { undoStack } from '../commands/undoStack'
import { useConnection } from './connection'
import { useLive } from './live'
import { useReplay } from './replay'
import { createPicks } from './session/picks'
import { readNotes } from './session/readNotes'
import { AnnotationSearch, merged } from './session/search'
import { inSlices } from './session/slices'
import { useTiers } from './tiers'

type Change = AnnotationChange['change']

export const useAnnotations = defineStore('annotations', () => {
  const connection = useConnection()
  const replay = useReplay()
  const live = useLive()
  const tiers = useTiers()

  const all = shallowRef<Annotation[]>([])
  const list = computed(() => replay.active || (live.isRecording && replay.session === undefined) ? all.value : [])
  /** Some of them are still on their way. */
  const loading = ref(false)

  const query = ref('')
  const search = computed(() => {
    void tiers.scheme
    return new AnnotationSearch({ tier: tier => tiers.tierOf(tier)?.name ?? tier, term: tiers.labelOf })
  })
  // A hundred thousand are made ready to be searched while nothing else is to be done.
  watch([list, search], ([all, ready], _, onCleanup) => {
    onCleanup(inSlices(all, one => ready.prepare(one)))
  })
  const matches = computed(() => search.value.search(list.value, query.value))
  /** Id of the annotation whose text is being written. */
  const editing = ref<string>()
  /** Id of the one that was jumped to. */
  const selected = ref<string>()
  const picks = createPicks(matches)

  /** Why nothing can be annotated, where it cannot. */
  const refusal = computed<UserErrorData | undefined>(() => {
    if (replay.active)
      return replay.session?.readOnly
    return live.isRecording ? undefined : { code: 'not-recording', message: 'Nothing is being recorded.', remedy: 'Start recording, or open a session in Replay.' }
  })
  const canAnnotate = computed(() => refusal.value === undefined)

  /** What is annotated now: the open session, else the recording. */
  const subject = computed(() => replay.session?.summary.path ?? live.session)
  watch([subject, () => tiers.sight, () => connection.isOpen], ([path], [before] = [undefined, 0, false]) => {
    if (path !== before)
      tiers.forget()
    clear()
    if (path !== undefined)
      void load(path)
  }, { immediate: true })
  // Another name at the desk may see other annotations.
  watch(() => connection.settings.operator, () => subject.value !== undefined && void connection.attempt(tiers.refresh))

  function clear(): void {
    all.value = []
    editing.value = undefined
    selected.value = undefined
    picks.clear()
  }

  async function load(path: string): Promise<void> {
    const sight = tiers.sight
    const current = (): boolean => subject.value === path && tiers.sight === sight
    loading.value = true
    await connection.attempt(async () => {
      await tiers.refresh()
      const read = await readNotes(connection.host, 'replayed', current)
      // What was written meanwhile is newer than what was read.
      if (read !== undefined)
        all.value = merged(read, all.value)
    })
    loading.value = false
  }

  /** Marks this moment, or a stretch, and opens its text. The mark is in the log before a word is typed. */
  async function add(stretch?: Stretch): Promise<Annotation | undefined> {
    const added = await mark(stretch, { tier: tiers.free?.tier ?? 'notes', text: '' })
    if (added !== undefined)
      editing.value = added.annotation
    return added
  }

  /** Puts a term of the active tier at this moment, or over a stretch, and goes on. */
  async function addTerm(key: number, stretch?: Stretch): Promise<Annotation | undefined> {
    const term = tiers.termOfKey(key)
    const tier = tiers.active
    return term && tier && mark(stretch, { tier: tier.tier, term: term.code, text: '' })
  }

  async function mark(stretch: Stretch | undefined, what: Pick<NewAnnotation, 'tier' | 'term' | 'text'>): Promise<Annotation | undefined> {
    // Taken before anything is waited for: the playhead runs on.
    const now = replay.now()
    const when = whenOf(stretch, now)
    const links = linksAt(now)
    return write(async () => ({ ...await links(), ...when, ...what }))
  }

  async function write(request: () => NewAnnotation | Promise<NewAnnotation>): Promise<Annotation | undefined> {
    if (!canAnnotate.value)
      return undefined
    const added = await connection.attempt(async () => connection.host.annotate(await request()))
    if (added === undefined)
      return undefined
    put([added])
    selected.value = added.annotation
    const id = added.annotation
    undoStack.push({ label: tiers.lineOf(added), undo: () => send([{ annotation: id, change: { removed: true } }]), redo: () => send([{ annotation: id, change: { removed: false } }]) })
    return added
  }

  function whenOf(stretch: Stretch | undefined, now: number): Pick<NewAnnotation, 'from' | 'to'> {
    if (stretch !== undefined)
      return { from: moment(stretch.from), to: moment(stretch.to) }
    // A recording knows its present moment better than the screen does.
    return replay.active ? { from: moment(now), to: moment(now) } : {}
  }

  /** Site and trial at the moment. Asked of the host in a replay: what the screen shows may still be that of the moment before. */
  function linksAt(t: number): () => Promise<Pick<NewAnnotation, 'sites' | 'trials'>> {
    if (!replay.active) {
      const now = { sites: [...new Set(live.sites)], trials: live.lastTrial === undefined ? [] : [live.lastTrial] }
      return async () => now
    }
    return async () => {
      const { stimulation, trial } = await connection.host.stateAt(Math.round(t))
      return { sites: [...new Set(stimulation?.interventions.map(({ site }) => site) ?? [])], trials: trial === undefined ? [] : [trial.trial] }
    }
  }

  function moment(t: number): { t: number, step: number } {
    return { t: Math.round(t), step: replay.active ? replay.stepAt(t) : live.step }
  }

  /** A key that was held makes a stretch of the point it put. The undo of the point takes both back. */
  async function stretchTo(id: string, t: number): Promise<void> {
    const before = byId(id)
    if (before !== undefined && t > before.from.t)
      await connection.attempt(() => send([{ annotation: id, change: { to: moment(t) } }]))
  }

  /** Changes one; what stays as it was is no edit. */
  async function change(id: string, next: Change): Promise<void> {
    await changeMany([id], next, 'annotation text')
  }

  /** One change to all, or one made for each. One act, one undo. */
  async function changeMany(ids: readonly string[], next: Change | ((annotation: Annotation) => Change), label: string): Promise<boolean> {
    const before = ids.flatMap(id => byId(id) ?? [])
    const changes = before.map(one => ({ annotation: one.annotation, change: typeof next === 'function' ? next(one) : next })).filter(({ change }, i) => differs(before[i], change))
    if (changes.length === 0)
      return false
    const back = changes.map(({ annotation, change }): AnnotationChange => ({ annotation, change: undoing(byId(annotation)!, change) }))
    const done = await connection.attempt(async () => {
      await send(changes)
      return true
    })
    if (done)
      undoStack.push({ label: changes.length === 1 ? label : `${label} of ${changes.length.toLocaleString('en')}`, undo: () => send(back), redo: () => send(changes) })
    return done ?? false
  }

  function remove(id: string): Promise<boolean> {
    return removeMany([id])
  }

  function removeMany(ids: readonly string[]): Promise<boolean> {
    return changeMany(ids, { removed: true }, 'removal')
  }

  /** Earlier or later by ns, never before the session began. */
  function shift(ids: readonly string[], by: number): Promise<boolean> {
    return changeMany(ids, ({ from, to }) => ({ from: moment(Math.max(0, from.t + by)), to: moment(Math.max(0, to.t + by)) }), 'shift')
  }

  async function send(changes: AnnotationChange[]): Promise<void> {
    put(await connection.host.changeAnnotations(changes))
  }

  function put(changed: readonly Annotation[]): void {
    all.value = merged(all.value, changed)
    const gone = new Set(changed.filter(({ removed }) => removed).map(({ annotation }) => annotation))
    if (editing.value !== undefined && gone.has(editing.value))
      editing.value = undefined
    picks.drop(gone)
  }

  /** Written by the host for another reason, as an import: shown, and one undo takes all of it back. */
  function took(added: readonly Annotation[], label: string): void {
    put(added)
    const each = (removed: boolean): AnnotationChange[] => added.map(({ annotation }) => ({ annotation, change: { removed } }))
    undoStack.push({ label, undo: () => send(each(true)), redo: () => send(each(false)) })
  }

  /** The next annotation of those found, or the one before, and the playhead on it. */
  function jump(direction: 1 | -1): void {
    const at = replay.active ? replay.t : Number.POSITIVE_INFINITY
    const found = matches.value
    const here = found.findIndex(({ annotation, from }) => annotation === selected.value && (!replay.active || from.t === at))
    // From the one that is selected to its neighbour, also where several begin together; else by time.
    const next = here >= 0
      ? found[here + direction]
      : direction === 1 ? found.find(({ from }) => from.t > at) : found.findLast(({ from }) => from.t < at)
    if (next !== undefined)
      goTo(next)
  }

  function goTo(annotation: Annotation): void {
    selected.value = annotation.annotation
    if (replay.active)
      replay.seek(annotation.from.t)
  }

  function byId(id: string): Annotation | undefined {
    return all.value.find(({ annotation }) => annotation === id)
  }

  return { list, loading, query, matches, editing, selected, picks, refusal, canAnnotate, add, addTerm, stretchTo, change, changeMany, remove, removeMany, shift, took, write, jump, goTo, byId }
})

function differs(annotation: Annotation, change: Change): boolean {
  return Object.entries(change).some(([key, value]) => JSON.stringify(value) !== JSON.stringify(annotation[key as keyof Change] ?? (key === 'term' ? '' : undefined)))
}

/** The change that takes a change back. */
function undoing(annotation: Annotation, change: Change): Change {
  return Object.fromEntries(Object.keys(change).map(key => [key, annotation[key as keyof Change] ?? (key === 'term' ? '' : key === 'removed' ? false : undefined)])) as Change
}
