/** Re-executions of the open session, and what the one that is looked at said of every trial; of a compared session, its last. */
import type { EventOf } from '../../preload/contract/session'
import type { Opened } from '../../preload/contract/timeline'
import type { Departures } from './session/departures'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { UserError } from '../../preload/contract/errors'
import { useCompare } from './compare'
import { useConnection } from './connection'
import { useReplay } from './replay'
import { departuresOf } from './session/departures'

type Verification = EventOf<'verification'>

export const useVerified = defineStore('verified', () => {
  const connection = useConnection()
  const replay = useReplay()
  const compare = useCompare()

  /** Id of an earlier one that is looked at instead of the last. */
  const chosen = ref<string>()
  watch([() => replay.summary?.path, () => replay.verifications.length], () => chosen.value = undefined)
  const shown = computed<Verification | undefined>(() => replay.verifications.find(({ id }) => id === chosen.value) ?? replay.verifications.at(-1))

  /** Why there are no classes of the open session's trials, where there are none. */
  const problem = ref<string>()
  const replayed = follow('replayed', () => shown.value, () => replay.summary?.path)
  const compared = follow('compared', () => compare.session?.head.verifications.at(-1), () => compare.session?.summary.path)

  /** Read anew whenever another one is looked at; undefined until it is there. */
  function follow(of: Opened, which: () => Verification | undefined, path: () => string | undefined) {
    const found = shallowRef<Departures>()
    watch([() => which()?.id, path], async ([id]) => {
      found.value = undefined
      if (of === 'replayed')
        problem.value = undefined
      if (id === undefined)
        return
      try {
        const classes = await connection.host.recordedClasses({ verification: id, of })
        if (which()?.id === id)
          found.value = departuresOf(classes)
      }
      catch (error) {
        if (of === 'replayed' && which()?.id === id)
          problem.value = error instanceof UserError ? `${error.message} ${error.remedy}` : String(error)
      }
    }, { immediate: true })
    return found
  }

  return { shown, chosen, replayed, compared, problem }
})
