/**
 * The electrode: where it stands, what it is set to, what the patient answered, what was done before.
 * While it is on, every change of site, setting or item stimulates again, newest first.
 */
import type { Connections } from '../../preload/contract/engine'
import type { InterventionSet } from '../../preload/contract/intervention'
import type { Stimulation } from '../../preload/contract/rpc'
import type { Intent, Range, Setting } from './operation'
import type { UnitPlace } from './site'
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch } from 'vue'
import { Latest } from '../client/latest'
import { undoStack } from '../commands/undoStack'
import { useConnection } from './connection'
import { FIRST, notch, onGrid, opsOf, rangeOf, setOf, setText } from './operation'
import { usePatient } from './patient'
import { parseUnit } from './site'

export interface Done {
  id: number
  at: number
  set: InterventionSet
  text: string
  changed: number
  battery: number
}

/** The zero-strength run of the same sites: it tests the instrument. */
export interface Control {
  set: InterventionSet
  changed: number
  battery: number
}

const HISTORY = 100

export const useElectrode = defineStore('electrode', () => {
  const connection = useConnection()
  const patient = usePatient()
  const { host } = connection

  const selection = shallowRef<readonly string[]>([])
  const setting = ref<Setting>({ ...FIRST })
  const on = ref(false)
  const response = shallowRef<Stimulation>()
  const history = shallowRef<readonly Done[]>([])
  const control = shallowRef<Control>()
  const busy = ref(false)
  /** Strongest weights into and out of the selected unit. */
  const wires = shallowRef<Connections>()
  const wiresOf = shallowRef<UnitPlace>()
  let lastDone = 0
  /** What a stimulation of one site alone did last; read on hover, so not reactive. */
  const lastBySite = new Map<string, Done>()
  let committed: InterventionSet | undefined

  const site = computed(() => selection.value.at(-1))
  const range = computed((): Range => rangeOf(setting.value.intent, setting.value.op, clampSpan()))
  const current = computed(() => setOf(selection.value, setting.value))
  /** How many scalars the set touches. */
  const reach = computed(() => current.value.interventions.reduce((sum, { site: place }) => {
    const layer = /^layers\.(\d+)$/.exec(place)
    return sum + (layer ? patient.sizes[Number(layer[1])] ?? 0 : 1)
  }, 0))

  function clampSpan(): { min: number, max: number } | undefined {
    const unit = site.value ? parseUnit(site.value) : undefined
    const statistics = patient.info?.statistics
    if (!unit || !statistics)
      return undefined
    const mean = statistics.mean[unit.layer]?.[unit.index] ?? 0
    const sigma = statistics.sigma[unit.layer]?.[unit.index] ?? 1
    const usual = { min: Math.min(0, Math.floor(mean - 4 * sigma)), max: Math.max(1, Math.ceil(mean + 8 * sigma)) }
    // A value set on another site stays what it was, so the slider has to reach it here too.
    const { op, strength } = setting.value
    return op === 'clamp' ? { min: Math.min(usual.min, Math.floor(strength)), max: Math.max(usual.max, Math.ceil(strength)) } : usual
  }

  const sender = new Latest(async ({ set, then }: { set: InterventionSet, then?: (answer: Stimulation) => void }) => {
    busy.value = true
    const answer = await connection.attempt(() => host.stimulate({ set, focus: patient.item, replaces: on.value }))
    busy.value = false
    if (!answer)
      return
    on.value = true
    response.value = markRaw(answer)
    then?.(answer)
  })

  /** Applies the present setting to the selection. `commit` marks the end of a gesture: it enters history and can be undone. */
  function stimulate(commit = true): void {
    // While another patient is being brought in, the one on the screen is no longer there to be touched.
    if (selection.value.length > 0 && patient.info && patient.opening === undefined)
      apply(current.value, commit)
  }

  function apply(set: InterventionSet, commit: boolean): void {
    control.value = undefined
    sender.send({ set, ...(commit ? { then: (answer: Stimulation) => enter(set, answer) } : {}) })
  }

  function enter(set: InterventionSet, answer: Stimulation): void {
    const text = setText(set)
    const done: Done = { id: ++lastDone, at: Date.now(), set, text, changed: answer.changedCount, battery: answer.battery }
    history.value = [...history.value, done].slice(-HISTORY)
    if (set.interventions.length === 1)
      lastBySite.set(set.interventions[0]!.site, done)
    if (JSON.stringify(committed) === JSON.stringify(set))
      return
    const before = committed
    committed = set
    undoStack.push({ label: text, undo: () => goTo(before), redo: () => goTo(set) })
  }

  /** To a state of the past, or to none, without entering history again. */
  async function goTo(set: InterventionSet | undefined): Promise<void> {
    committed = set
    if (!set)
      return release('released', false)
    adoptSet(set)
    apply(set, false)
    await sender.idle()
  }

  /** Sets the panel to what a set says, as when choosing one from history. */
  function adoptSet(set: InterventionSet): void {
    const [first] = set.interventions
    if (!first || first.op === 'patch')
      return
    selection.value = set.interventions.map(({ site: place }) => place)
    setting.value = {
      ...setting.value,
      intent: first.op === 'gate' ? (first.strength > 1 ? 'stimulate' : 'inhibit') : first.op === 'drive' ? 'stimulate' : first.op,
      op: first.op,
      strength: first.strength,
      spread: 'sites',
      ...(first.op === 'gate' ? { baseline: first.baseline } : {}),
      ...(first.op === 'noise' ? { seed: first.seed } : {}),
    }
  }

  function repeat(done: Done): void {
    adoptSet(done.set)
    apply(done.set, true)
  }

  /** Ends the stimulation that is on. The last response stays to be read. */
  async function release(reason: 'released' | 'stopped' = 'released', undoable = true): Promise<void> {
    sender.forget()
    await sender.idle()
    if (!on.value)
      return
    on.value = false
    const before = committed
    committed = undefined
    await connection.attempt(() => host.release(reason))
    if (undoable && before)
      undoStack.push({ label: 'release of the stimulation', undo: () => goTo(before), redo: () => goTo(undefined) })
  }

  function select(sites: readonly string[]): void {
    selection.value = sites
    control.value = undefined
  }

  /** Adds a site, or takes it away when it is there. */
  function toggle(address: string): void {
    select(selection.value.includes(address) ? selection.value.filter(other => other !== address) : [...selection.value, address])
  }

  function setIntent(intent: Intent): void {
    const op = opsOf(intent)[0]!
    change({ intent, op, strength: rangeOf(intent, op, clampSpan()).start })
  }

  /** Changes the setting; what is on follows at once. */
  function change(part: Partial<Setting>, commit = true): void {
    const next = { ...setting.value, ...part }
    if (part.op !== undefined && part.strength === undefined && part.op !== setting.value.op)
      next.strength = rangeOf(next.intent, next.op, clampSpan()).start
    next.strength = onGrid(next.strength, rangeOf(next.intent, next.op, clampSpan()))
    setting.value = next
    if (on.value)
      stimulate(commit)
  }

  function nudge(direction: 1 | -1, keys: { shiftKey: boolean, altKey: boolean }): void {
    change({ strength: setting.value.strength + direction * notch(range.value, keys) })
  }

  /** Runs the same sites at the strength that changes nothing, then goes back to what was on. */
  async function measureControl(): Promise<void> {
    const { rest } = range.value
    if (rest === undefined || selection.value.length === 0)
      return
    const wanted = current.value
    const zero = setOf(selection.value, { ...setting.value, strength: rest })
    const answer = await connection.attempt(() => host.stimulate({ set: zero, focus: patient.item, replaces: on.value }))
    if (!answer)
      return
    on.value = true
    response.value = markRaw(answer)
    apply(wanted, false)
    await sender.idle()
    control.value = { set: zero, changed: answer.changedCount, battery: answer.battery }
  }

  // A stimulation that is on follows the item; a new patient takes everything off.
  watch(() => patient.item, () => on.value && stimulate(false))
  watch(() => patient.info, (next, old) => {
    if (next?.weightsSha256 === old?.weightsSha256 && next?.path === old?.path)
      return
    selection.value = []
    history.value = []
    response.value = undefined
    control.value = undefined
    wires.value = undefined
    committed = undefined
    on.value = false
    lastBySite.clear()
  })
  // The engine forgets what was on when it dies.
  connection.onView('engine', ({ state }) => {
    if (state === 'lost' || state === 'failed')
      on.value = false
  })

  watch([site, () => patient.presentation], async ([address]) => {
    const unit = address ? parseUnit(address) : undefined
    const shown = patient.presentation
    if (!unit || !shown) {
      // A chosen weight keeps the wires it was chosen from.
      if (!address)
        wires.value = undefined
      return
    }
    const found = await connection.attempt(() => patient.edgesOf(unit))
    if (site.value === address && patient.presentation === shown && found) {
      wires.value = markRaw(found)
      wiresOf.value = unit
    }
  })

  function lastAt(address: string): Done | undefined {
    return lastBySite.get(address)
  }

  return { selection, site, setting, range, current, reach, on, response, history, control, busy, wires, wiresOf, stimulate, release, select, toggle, setIntent, change, nudge, repeat, measureControl, lastAt }
})
