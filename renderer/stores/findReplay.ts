/** The find of the recorded moment: what was asked, its gates at the playhead, and once it is over its circuit. Part of the find store. */
import type { HostFunctions } from '../../preload/contract/rpc'
import type { EventOf } from '../../preload/contract/session'
import type { FindInfo, Found } from '../../preload/contract/symbiote'
import type { useStage } from './stage'
import { computed, markRaw, shallowRef, watch } from 'vue'

/** Gates kept at hand: a playhead that goes to and fro asks for the same ones. */
const KEPT = 60

type Attempt = <T>(action: () => Promise<T>) => Promise<T | undefined>

export function createFindReplay(stage: ReturnType<typeof useStage>, host: HostFunctions, attempt: Attempt) {
  const found = shallowRef<Found>()
  const gates = shallowRef<Uint8Array>()
  const kept = new Map<string, Uint8Array>()
  const event = computed(() => stage.recorded?.state.symbiote)
  const gatesEvent = computed(() => {
    const state = stage.recorded?.state
    return state?.gates && state.gates.find === state.symbiote?.find ? state.gates : undefined
  })
  const info = computed(() => event.value && infoOf(event.value, gatesEvent.value))

  watch(() => event.value?.result ? event.value.find : undefined, async (id) => {
    if (id === undefined) {
      found.value = undefined
      return
    }
    if (found.value?.info.find === id) return
    found.value = undefined
    const read = await attempt(() => host.recordedFind(id))
    if (event.value?.find === id && event.value.result) found.value = read && markRaw(read)
  })

  watch(() => gatesEvent.value?.id, async (id) => {
    if (id === undefined) {
      gates.value = undefined
      return
    }
    const read = kept.get(id) ?? await host.recordedGates(id).catch(() => undefined)
    if (read) keep(id, read)
    if (gatesEvent.value?.id === id) gates.value = read && markRaw(read)
  })

  function keep(id: string, read: Uint8Array): void {
    kept.set(id, read)
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!)
  }

  return { found, gates, info }
}

function infoOf({ find, state, asked, task, references, problem, resumes }: EventOf<'symbiote'>, gates: EventOf<'symbiote.gates'> | undefined): FindInfo {
  const over = state !== 'running'
  return {
    find,
    state,
    asked,
    task: task.name,
    references: references.map(({ name }) => name),
    phase: over ? 'finished' : gates?.phase ?? 'checking',
    share: over ? 1 : gates?.share ?? 0,
    done: 0,
    total: 0,
    seconds: 0,
    ...(gates?.training ? { training: gates.training } : {}),
    ...(resumes ? { resumes } : {}),
    ...(problem ? { problem } : {}),
  }
}
