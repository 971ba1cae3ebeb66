/**
 * Sweeps: what will be swept, the run under way, its effects, and the dose curve of the selected site. While the window is
 * in Map the network is coloured by it; replaying, by the sweep that was recorded last.
 */
import type { Measure } from '../../preload/contract/engine'
import type { DoseCurve, SweepInfo, SweepMethod, Swept } from '../../preload/contract/sweep'
import type { Setting } from './operation'
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch } from 'vue'
import { Latest } from '../client/latest'
import { useConnection } from './connection'
import { useElectrode } from './electrode'
import { usePatient } from './patient'
import { useReplay } from './replay'
import { useStage } from './stage'
import { choicesOf, mapOf, strongest } from './sweepMap'
import { useUi } from './ui'

export interface SweepSetting {
  /** Id of a `SiteChoice`. */
  sites: string
  op: 'gate' | 'drive'
  strength: number
  baseline: Setting['baseline']
  measure: Measure
  method: Exclude<SweepMethod, 'slow'>
  items: number
}

const ITEMS = 1000
const LISTED = 6
const GATES = Array.from({ length: 13 }, (_, i) => i / 4)
const DRIVES = Array.from({ length: 13 }, (_, i) => i - 6)

export const useSweep = defineStore('sweep', () => {
  const connection = useConnection()
  const patient = usePatient()
  const electrode = useElectrode()
  const stage = useStage()
  const replay = useReplay()
  const ui = useUi()
  const { host } = connection

  const setting = ref<SweepSetting>({ sites: '', op: 'gate', strength: 0, baseline: 'zero', measure: 'loss', method: 'exact', items: ITEMS })
  const info = shallowRef<SweepInfo>()
  const result = shallowRef<Swept>()
  /** Read back from the session that is open. */
  const recorded = shallowRef<Swept>()
  const running = ref(false)
  const dose = shallowRef<DoseCurve>()
  const dosing = ref(false)
  /** Why the selected site has no curve, where it has none. */
  const doseProblem = ref<string>()

  const choices = computed(() => patient.info ? choicesOf(patient.info.architecture) : [])
  const choice = computed(() => choices.value.find(({ id }) => id === setting.value.sites) ?? choices.value[0])
  const mostItems = computed(() => patient.info?.dataset.items ?? ITEMS)
  const items = computed(() => Math.max(1, Math.min(setting.value.items, mostItems.value)))
  const ranked = computed(() => result.value ? strongest(result.value, LISTED) : [])

  /** What colours the network now, with what it is an effect of. */
  const shown = computed(() => {
    if (ui.mode === 'map' && ui.mapTab === 'sweep' && result.value && patient.info)
      return { swept: result.value, ...mapOf(result.value, patient.info.architecture) }
    const primary = stage.recorded?.primary
    if (ui.mode === 'replay' && recorded.value && primary && !stage.recorded?.state.stimulation)
      return { swept: recorded.value, ...mapOf(recorded.value, primary.architecture) }
    return undefined
  })

  /** The last sweep of the patient on the table, or the recorded one of the moment. */
  const latest = computed(() => ui.mode === 'replay' ? recorded.value : result.value)

  /** Milliseconds left at the rate so far; undefined until there is one. */
  const leftMs = computed(() => {
    const now = info.value
    return now && now.done > 0 && now.state === 'running' ? 1000 * now.seconds / now.done * (now.total - now.done) : undefined
  })

  async function start(): Promise<void> {
    const { op, strength, baseline, measure, method } = setting.value
    const sites = choice.value?.sites
    if (running.value || sites === undefined) return
    running.value = true
    info.value = undefined
    const found = await connection.attempt(() => host.sweep({ sites, operation: op === 'gate' ? { op, strength, baseline } : { op, strength }, measure, method, items: items.value }))
    running.value = false
    if (!found) return
    result.value = markRaw(found)
    info.value = found.info
    ui.announce(`${found.info.done} of ${found.info.total} sites swept.`)
  }

  async function cancel(): Promise<void> {
    await connection.attempt(() => host.cancelSweep())
  }

  function change(part: Partial<SweepSetting>): void {
    const next = { ...setting.value, ...part }
    // Each operation has its own strength that is worth beginning with.
    if (part.op !== undefined && part.op !== setting.value.op) next.strength = part.op === 'gate' ? 0 : 3
    setting.value = next
  }

  const doser = new Latest(async (site: string) => {
    const { op, baseline, measure } = setting.value
    dosing.value = true
    doseProblem.value = undefined
    try {
      const curve = await host.dose({ site, operation: op === 'gate' ? { op, strength: 0, baseline } : { op, strength: 0 }, ladder: op === 'gate' ? GATES : DRIVES, measure, items: items.value, seed: 1 })
      if (electrode.site === site) dose.value = markRaw(curve)
    }
    catch (error) {
      dose.value = undefined
      doseProblem.value = error instanceof Error ? error.message : String(error)
    }
    dosing.value = false
  })

  // The curve follows the selection and whatever it is measured by, as long as nothing longer runs.
  watch([() => electrode.site, () => setting.value.op, () => setting.value.baseline, () => setting.value.measure, items, () => ui.mode, () => ui.mapTab, running], () => {
    const { site } = electrode
    if (ui.mode !== 'map' || ui.mapTab !== 'sweep' || !site || !patient.info) {
      dose.value = undefined
      return
    }
    if (dose.value?.site !== site) dose.value = undefined
    if (!running.value) doser.send(site)
  })

  connection.onView('sweeping', (now) => {
    if (running.value) info.value = now
  })
  // Effects of another patient are nobody's.
  watch(() => patient.info?.weightsSha256, () => {
    result.value = undefined
    info.value = undefined
    dose.value = undefined
  })

  watch(() => replay.active ? stage.recorded?.state.sweep?.sweep : undefined, async (id) => {
    if (id === undefined) {
      recorded.value = undefined
      return
    }
    const found = await connection.attempt(() => host.recordedSweep(id))
    if (stage.recorded?.state.sweep?.sweep === id) recorded.value = found && markRaw(found)
  })

  return { setting, info, result, running, choices, choice, items, mostItems, ranked, shown, latest, leftMs, dose, dosing, doseProblem, start, cancel, change }
})
