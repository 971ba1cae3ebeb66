import type { NewAnnotation } from '../../preload/contract/annotation'
/**
 * Annotations of what is being recorded or replayed: added, edited, removed, taken back, searched.
 * One list at a time, that of the open session in Replay and that of the recording otherwise.
 */
import type { UserErrorData } from '../../preload/contract/errors'
import type { Annotation } from './session/search'
import type { Stretch } from './session/tracks'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { undoStack } from '../commands/undoStack'
import { useConnection } from './connection'
import { useLive } from './live'
import { useReplay } from './replay'
import { inOrder, searchAnnotations } from './session/search'

/** The one tier there is now. */
const TIER = 'notes'

export const useAnnotations = defineStore('annotations', () => {
  const connection = useConnection()
  const replay = useReplay()
  const live = useLive()

  const recorded = shallowRef<Annotation[]>([])
  const present = shallowRef<Annotation[]>([])
  const list = computed(() => replay.active ? recorded.value : present.value)

  const query = ref('')
  const matches = computed(() => searchAnnotations(list.value, query.value))
  /** Id of the annotation whose text is being written. */
  const editing = ref<string>()
  /** Id of the one that was jumped to. */
  const selected = ref<string>()

  /** Why nothing can be annotated, where it cannot. */
  const refusal = computed<UserErrorData | undefined>(() => {
    if (replay.active)
      return replay.session?.readOnly
    return live.isRecording ? undefined : { code: 'not-recording', message: 'Nothing is being recorded.', remedy: 'Start recording, or open a session in Replay.' }
  })
  const canAnnotate = computed(() => refusal.value === undefined)

  watch(() => replay.session, (session) => {
    recorded.value = session === undefined ? [] : inOrder(session.tables.annotations)
    editing.value = undefined
    selected.value = undefined
  }, { immediate: true })

  watch(() => live.session, () => {
    present.value = []
    editing.value = undefined
  })

  /** Marks this moment, or a stretch, and opens its text. The mark is in the log before a word is typed. */
  async function add(stretch?: Stretch): Promise<Annotation | undefined> {
    if (!canAnnotate.value)
      return undefined
    const target = replay.active ? recorded : present
    const request = requestFor(stretch)
    const added = await connection.attempt(() => connection.host.annotate(request))
    if (added === undefined)
      return undefined
    put(target, added)
    selected.value = added.annotation
    editing.value = added.annotation
    undoStack.push({
      label: 'annotation',
      undo: () => take(target, added.annotation),
      redo: () => restore(target, added.annotation),
    })
    return added
  }

  function requestFor(stretch: Stretch | undefined): NewAnnotation {
    const moment = (t: number): { t: number, step: number } => ({ t: Math.round(t), step: replay.active ? replay.stepAt(t) : live.step })
    const links = replay.active
      ? { sites: replay.state?.stimulation?.interventions.map(({ site }) => site) ?? [], trials: replay.state?.trial === undefined ? [] : [replay.state.trial.trial] }
      : { sites: live.sites, trials: live.lastTrial === undefined ? [] : [live.lastTrial] }
    // A recording knows its present moment better than the screen does.
    const when = stretch !== undefined
      ? { from: moment(stretch.from), to: moment(stretch.to) }
      : replay.active ? { from: moment(replay.t), to: moment(replay.t) } : {}
    return { tier: TIER, text: '', ...links, sites: [...new Set(links.sites)], ...when }
  }

  /** Changes text or place; an unchanged text is no edit. */
  async function change(id: string, next: Partial<NewAnnotation>): Promise<void> {
    const target = holding(id)
    const before = target?.value.find(({ annotation }) => annotation === id)
    if (target === undefined || before === undefined || (next.text === before.text && Object.keys(next).length === 1))
      return
    const apply = async (fields: Partial<NewAnnotation>): Promise<void> => put(target, await connection.host.changeAnnotation({ annotation: id, change: fields }))
    const old = Object.fromEntries(Object.keys(next).map(key => [key, before[key as keyof NewAnnotation]])) as Partial<NewAnnotation>
    const done = await connection.attempt(async () => {
      await apply(next)
      return true
    })
    if (done)
      undoStack.push({ label: 'annotation text', undo: () => apply(old), redo: () => apply(next) })
  }

  async function remove(id: string): Promise<void> {
    const target = holding(id)
    if (target === undefined)
      return
    const done = await connection.attempt(async () => {
      await take(target, id)
      return true
    })
    if (done)
      undoStack.push({ label: 'removed annotation', undo: () => restore(target, id), redo: () => take(target, id) })
  }

  /** The next annotation after the playhead, or the one before, and the playhead on it. */
  function jump(direction: 1 | -1): void {
    const at = replay.t
    const next = direction === 1
      ? matches.value.find(({ from }) => from.t > at)
      : matches.value.findLast(({ from }) => from.t < at)
    if (next !== undefined)
      goTo(next)
  }

  function goTo(annotation: Annotation): void {
    selected.value = annotation.annotation
    if (replay.active)
      replay.seek(annotation.from.t)
  }

  function holding(id: string): typeof recorded | undefined {
    return [recorded, present].find(({ value }) => value.some(({ annotation }) => annotation === id))
  }

  function put(target: typeof recorded, changed: Annotation): void {
    target.value = inOrder([...target.value.filter(({ annotation }) => annotation !== changed.annotation), changed])
  }

  async function take(target: typeof recorded, id: string): Promise<void> {
    await connection.host.removeAnnotation(id)
    target.value = target.value.filter(({ annotation }) => annotation !== id)
    if (editing.value === id)
      editing.value = undefined
  }

  async function restore(target: typeof recorded, id: string): Promise<void> {
    put(target, await connection.host.restoreAnnotation(id))
  }

  return { list, query, matches, editing, selected, refusal, canAnnotate, add, change, remove, jump, goTo }
})
