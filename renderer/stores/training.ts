/** A primary in training: the run the host reports, and what can be done to it. Goes on whatever the window shows. */
import type { RecipeName } from '../../preload/contract/primary'
import type { PrimarySummary, TrainingInfo } from '../../preload/contract/rpc'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useConnection } from './connection'
import { useUi } from './ui'

/** A run that goes on has its recipe with it. */
export interface Wanted { recipe?: RecipeName, name: string, seed: number, steps?: number, resume?: boolean }

export const useTraining = defineStore('training', () => {
  const connection = useConnection()
  const ui = useUi()

  const info = shallowRef<TrainingInfo>()
  const busy = ref(false)
  const primaries = shallowRef<PrimarySummary[]>([])

  const running = computed(() => info.value?.state === 'running' || info.value?.state === 'paused')
  /** Milliseconds until the end at the present rate; undefined while paused or before a step was timed. */
  const leftMs = computed(() => {
    const run = info.value
    return run?.state === 'running' && run.msPerStep > 0 ? (run.steps - run.step) * run.msPerStep : undefined
  })
  /** Runs that stopped before their end and can go on, the present one aside. */
  const interrupted = computed(() => primaries.value.filter(primary => primary.interrupted !== undefined && !(running.value && primary.path === info.value?.path)))

  function accept(next: TrainingInfo): void {
    const before = info.value
    info.value = next
    if (before?.run === next.run && before.state === next.state)
      return
    if (next.state === 'finished')
      ui.announce(`Training of ${next.name} finished.`)
    if (next.state === 'failed' || next.state === 'diverged')
      ui.announce(`Training of ${next.name} stopped: ${next.message ?? next.state}.`)
    if (next.state !== 'running' && next.state !== 'paused')
      void refresh()
  }

  async function refresh(): Promise<void> {
    primaries.value = await connection.attempt(() => connection.host.primaries()) ?? primaries.value
  }

  async function during<T>(action: () => Promise<T>): Promise<T | undefined> {
    busy.value = true
    const result = await connection.attempt(action)
    busy.value = false
    return result
  }

  async function start(wanted: Wanted): Promise<boolean> {
    const started = await during(() => connection.host.train({ recipe: 'digits', ...wanted }))
    if (started !== undefined)
      accept(started)
    return started !== undefined
  }

  async function pause(paused: boolean): Promise<void> {
    await during(() => connection.host.pauseTraining(paused))
  }

  async function cancel(): Promise<void> {
    await during(() => connection.host.cancelTraining())
  }

  connection.onView('training', accept)
  connection.onOpen((hello) => {
    info.value = hello.training ?? info.value
    void refresh()
  })

  return { info, busy, primaries, running, leftMs, interrupted, start, pause, cancel, refresh }
})
