/**
 * The circuit on the screen beside one of another primary: which others there are, which is chosen, the matching under way and what it
 * came to. Replaying, the one that was recorded last.
 */
import type { Matched, MatchedPair, MatchProgress, OtherCircuit } from '../../preload/contract/match'
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch } from 'vue'
import { useConnection } from './connection'
import { useFind } from './find'
import { useStage } from './stage'
import { useUi } from './ui'

/** Held-out items the sites are compared on, at most. */
const ITEMS = 256
/** Instead of one that is known: a folder. */
export const BY_PATH = 'path'

export const useFindMatch = defineStore('findMatch', () => {
  const connection = useConnection()
  const find = useFind()
  const stage = useStage()
  const ui = useUi()
  const { host } = connection

  const others = shallowRef<OtherCircuit[]>([])
  /** Of one of the others, or `BY_PATH`; undefined: the first that fits. */
  const picked = ref<string>()
  const path = ref('')
  /** Folder of the primary where nobody here knows it. */
  const primary = ref('')
  const running = ref(false)
  const cancelling = ref(false)
  const progress = shallowRef<MatchProgress>()
  /** With the find it is of. */
  const live = shallowRef<{ find: string, matched: Matched }>()
  const recorded = shallowRef<Matched>()
  /** The pair in hand: both its sites stand out. */
  const pair = ref<MatchedPair>()

  const choice = computed(() => picked.value === BY_PATH ? undefined : others.value.find(({ circuit }) => circuit === picked.value) ?? others.value.find(({ problem }) => problem === undefined))
  const byPath = computed(() => choice.value === undefined)
  const circuit = computed(() => choice.value?.circuit ?? path.value.trim())
  /** The primary is to be named by hand. */
  const unknown = computed(() => byPath.value || choice.value?.primary === undefined)
  const ready = computed(() => circuit.value !== '' && choice.value?.problem === undefined && (byPath.value || !unknown.value || primary.value.trim() !== ''))

  const replaying = computed(() => ui.mode === 'replay')
  const shown = computed(() => replaying.value ? recorded.value : live.value?.find === find.found?.info.find ? live.value?.matched : undefined)
  watch(shown, () => { pair.value = undefined })

  /** What may be chosen now: circuits are saved, and primaries trained, while the window is open. */
  async function refresh(): Promise<void> {
    const of = find.live?.info.find
    if (of === undefined || replaying.value) return
    const found = await connection.attempt(() => host.otherCircuits(of))
    if (found && find.live?.info.find === of) others.value = found
  }
  watch(() => find.live?.info.find, refresh, { immediate: true })

  async function start(): Promise<void> {
    const of = find.found?.info.find
    if (running.value || of === undefined || !ready.value) return
    running.value = true
    progress.value = undefined
    const named = unknown.value && primary.value.trim() !== '' ? { primary: primary.value.trim() } : {}
    const matched = await connection.attempt(() => host.match({ find: of, circuit: circuit.value, items: ITEMS, ...named }))
    running.value = cancelling.value = false
    if (!matched) return
    live.value = { find: of, matched: markRaw(matched) }
    ui.announce(matched.verdict.sentence)
  }

  async function cancel(): Promise<void> {
    cancelling.value = true
    await connection.attempt(() => host.cancelMatch())
  }

  connection.onView('matching', (now) => {
    if (running.value) progress.value = now
  })

  watch(() => {
    const { match, symbiote } = stage.recorded?.state ?? {}
    return replaying.value && match?.find === symbiote?.find ? match?.match : undefined
  }, async (id) => {
    recorded.value = undefined
    if (id === undefined) return
    const read = await connection.attempt(() => host.recordedMatch(id))
    if (stage.recorded?.state.match?.match === id) recorded.value = read && markRaw(read)
  })

  return { others, picked, choice, byPath, unknown, path, primary, ready, running, cancelling, progress, shown, pair, refresh, start, cancel }
})
