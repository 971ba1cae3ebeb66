/**
 * A second session beside the open one, on the same clock: read only, its timeline page by page. The one playhead drives
 * both; `offset` is where the second's beginning lies on the first's clock.
 */
import type { SessionSummary } from '../../preload/contract/session'
import type { Tracks } from './session/tracks'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useConnection } from './connection'
import { useReplay } from './replay'
import { createReading } from './session/reading'
import { useUi } from './ui'

type Alignment = 'beginnings' | 'first trials' | 'first stimulations'
export const ALIGNMENTS: readonly Alignment[] = ['beginnings', 'first trials', 'first stimulations']

export const useCompare = defineStore('compare', () => {
  const connection = useConnection()
  const replay = useReplay()
  const ui = useUi()

  const reading = createReading({ of: 'compared', host: connection.host, attempt: connection.attempt })
  const { session, tracks, version, described, read, forget } = reading
  /** Path of the one being opened. */
  const opening = ref<string>()
  /** ns; what is at t in the second is at t + offset in the first. */
  const offset = ref(0)
  /** What can be chosen; undefined until asked for. */
  const choices = shallowRef<SessionSummary[]>()

  const active = computed(() => replay.active && session.value !== undefined)
  const title = computed(() => session.value?.summary.title ?? '')
  /** ns on its own clock. */
  const t = computed(() => replay.t - offset.value)
  const duration = computed(() => {
    void version.value
    return session.value?.head.duration ?? 0
  })

  async function list(): Promise<void> {
    const all = await connection.attempt(() => connection.host.sessions())
    choices.value = all?.filter(({ state }) => state !== 'unreadable' && state !== 'recording') ?? choices.value
  }

  async function open(path: string, at?: number): Promise<boolean> {
    opening.value = path
    const opened = await connection.attempt(() => connection.host.openCompared(path))
    const begun = opened !== undefined && await reading.begin(opened)
    opening.value = undefined
    if (!begun)
      return false
    offset.value = at ?? 0
    if (at === undefined)
      align('first trials')
    ui.announce(`Compared with ${opened.summary.title}.`)
    return true
  }

  /** Lays the second so that these coincide; where one session has none, the beginnings. */
  function align(by: Alignment): void {
    offset.value = offsetFor(by, replay.tracks, tracks.value)
  }

  /** The two change places; the playhead stays at the same moment of what is now the second. */
  async function swap(): Promise<void> {
    const [first, second] = [replay.summary?.path, session.value?.summary.path]
    if (first === undefined || second === undefined)
      return
    const [at, lay] = [t.value, offset.value]
    if (!await replay.open(second))
      return
    await open(first, -lay)
    replay.seek(at)
  }

  async function close(): Promise<void> {
    forget()
    await connection.attempt(() => connection.host.closeCompared())
  }

  /** Of the first, as it was before what is being watched changed. */
  let openedPath: string | undefined
  watch(() => replay.summary?.path, path => openedPath = path, { flush: 'post', immediate: true })
  // The host lets the second go with the first. One that was opened anew, as after a restart of the host, gets its second back.
  watch(() => replay.tracks, (_now, before) => {
    const path = session.value?.summary.path
    if (path === undefined)
      return
    const same = before !== undefined && replay.summary !== undefined && replay.summary.path === openedPath
    const lay = offset.value
    forget()
    if (same)
      void open(path, lay)
  })

  watch([session, offset, duration], () => replay.stretchOver(session.value === undefined ? undefined : { from: offset.value, to: offset.value + duration.value }))

  return { session, tracks, version, described, read, opening, offset, choices, active, title, t, duration, list, open, align, swap, close }
})

function offsetFor(by: Alignment, first: Tracks | undefined, second: Tracks | undefined): number {
  if (by === 'beginnings' || first === undefined || second === undefined)
    return 0
  const column = by === 'first trials' ? 'trialTimes' : 'from'
  const [a, b] = [first[column], second[column]]
  return a.length === 0 || b.length === 0 ? 0 : a.at(0) - b.at(0)
}
