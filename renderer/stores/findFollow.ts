/** A symbiote beside a primary that is still training: whether there are weights newer than those on the table, and the same question asked of them. */
import { defineStore } from 'pinia'
import { computed, nextTick, ref, watch } from 'vue'
import { useFind } from './find'
import { usePatient } from './patient'
import { useTraining } from './training'

export const useFindFollow = defineStore('findFollow', () => {
  const find = useFind()
  const patient = usePatient()
  const training = useTraining()

  /** Each time there are newer weights the question is asked again, as long as the training goes on. */
  const following = ref(false)
  let asking = false
  const run = computed(() => training.running ? training.info : undefined)
  const onTable = computed(() => run.value !== undefined && patient.info?.training === run.value.run)
  /** Step of weights that are newer than those on the table. */
  const newer = computed(() => {
    const step = run.value?.checkpoint
    return step !== undefined && !(onTable.value && step <= patient.info!.trainedSteps) ? step : undefined
  })

  async function open(): Promise<boolean> {
    return run.value !== undefined && newer.value !== undefined && !find.running && patient.openTraining(run.value.name)
  }

  /** The question as it stands, of the newest weights. */
  async function again(): Promise<void> {
    if (asking) return
    asking = true
    try {
      await ask()
    }
    finally {
      asking = false
    }
  }

  async function ask(): Promise<void> {
    const asked = { ...find.setting }
    if (!await open()) {
      following.value = false
      return
    }
    // Another patient begins with a question of its own.
    await nextTick()
    find.change(asked)
    await find.start()
    // What is refused once may be refused each time; a task that is not learned yet is not.
    const { problem, state } = find.info ?? {}
    if (state === 'cancelled' || (state === 'failed' && problem?.code !== 'task-undone')) following.value = false
  }

  watch([following, newer, () => find.running], ([on, step, busy]) => {
    if (on && step !== undefined && !busy && onTable.value) void again()
  })
  watch(run, now => void (now || (following.value = false)))

  return { following, run, onTable, newer, open, again }
})
