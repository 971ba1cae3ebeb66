/** The session being recorded, if one is. The host sends its state; clocks between two messages are run on here. */
import type { RecordingInfo } from '../../preload/contract/rpc'
import type { SessionSummary } from '../../preload/contract/session'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useConnection } from './connection'
import { useTags } from './tags'

export const useRecording = defineStore('recording', () => {
  const connection = useConnection()
  const tags = useTags()
  const { host } = connection
  const info = shallowRef<RecordingInfo>()
  const receivedAt = ref(0)
  const busy = ref(false)
  /** The last one that was closed, so that it can be opened from where it was recorded. */
  const closed = shallowRef<SessionSummary>()

  function receive(next: RecordingInfo | undefined): void {
    info.value = next
    receivedAt.value = Date.now()
  }
  connection.onOpen(greeting => receive(greeting.recording))
  connection.onView('recording', receive)

  async function start(title: string, operators: string[]): Promise<boolean> {
    busy.value = true
    const started = await connection.attempt(() => host.startRecording({ title, operators }))
    busy.value = false
    if (!started)
      return false
    receive(started)
    await tags.refresh()
    return true
  }

  async function stop(): Promise<void> {
    busy.value = true
    const summary = await connection.attempt(() => host.stopRecording())
    busy.value = false
    if (!summary)
      return
    receive(undefined)
    closed.value = summary
    connection.say(`“${summary.title}” is closed: ${summary.events.toLocaleString('en')} events, ${summary.trials.toLocaleString('en')} trials.`, 'Replay opens it.')
    await tags.refresh()
  }

  /** Milliseconds. */
  const elapsedAt = (now: number): number => info.value ? info.value.elapsed / 1e6 + Math.max(0, now - receivedAt.value) : 0
  const savedAgoAt = (now: number): number => info.value ? info.value.savedAgo + Math.max(0, now - receivedAt.value) : 0
  const isRecording = computed(() => info.value !== undefined)

  return { info, isRecording, busy, closed, start, stop, elapsedAt, savedAgoAt }
})

/** `00:12:41`. */
export function clockOf(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(part => String(Math.floor(part)).padStart(2, '0')).join(':')
}
