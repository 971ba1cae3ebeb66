/** The primary on the table: what it is, which item it is looking at, and which others there are. */
import type { Connections, Presentation } from '../../preload/contract/engine'
import type { UserErrorData } from '../../preload/contract/errors'
import type { Hello, PatientInfo, PrimarySummary } from '../../preload/contract/rpc'
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch } from 'vue'
import { UserError } from '../../preload/contract/errors'
import { layoutOf } from '../../preload/contract/layout'
import { Latest } from '../client/latest'
import { undoStack } from '../commands/undoStack'
import { useConnection } from './connection'
import { answerOf } from './response'

/** Shipped, and opened by itself the first time. */
const FIRST_PATIENT = 'digits'
/** Weights drawn per layer for an item, and into and out of a selected unit. */
const EDGES_PER_LAYER = 160
const EDGES_PER_UNIT = 24
/** Items looked through for the first one to show. */
const FIRST_LOOK = 192
const FIRST_BATCH = 32
/** A slow patient is not kept waiting for. */
const FIRST_LOOK_MS = 3000

export type Filter = 'all' | 'right' | 'wrong'

const isUnsure = (shown: Presentation): boolean => answerOf(shown) === shown.target && shown.probabilities[shown.target]! < 0.6

/** Of those answered right, the item with the smallest probability of its answer; the first when none is right. */
export function leastSure(presentations: readonly Presentation[]): number | undefined {
  const right = presentations.filter(shown => answerOf(shown) === shown.target)
  const sureness = (shown: Presentation): number => shown.probabilities[shown.target]!
  return (right.length > 0 ? right.reduce((a, b) => sureness(b) < sureness(a) ? b : a) : presentations[0])?.item
}

export const usePatient = defineStore('patient', () => {
  const connection = useConnection()
  const { host } = connection

  const info = shallowRef<PatientInfo>()
  const presentation = shallowRef<Presentation>()
  const edges = shallowRef<Connections>()
  const primaries = shallowRef<PrimarySummary[]>()
  /** Name or path while it is being opened. */
  const opening = ref<string>()
  const problem = shallowRef<UserErrorData>()
  const item = ref(0)
  const filter = ref<Filter>('all')
  /** Only items of this class, when one is chosen. */
  const target = ref<number>()
  const searching = ref(false)
  /** Items left by a filtered step, newest last. */
  const trail = ref<number[]>([])

  const presenter = new Latest(async (wanted: number) => {
    await connection.attempt(async () => {
      const [shown, strongest] = await Promise.all([
        host.present(wanted),
        host.connections({ item: wanted, perLayer: EDGES_PER_LAYER }),
      ])
      if (wanted !== item.value)
        return
      presentation.value = markRaw(shown)
      edges.value = markRaw(strongest)
    })
  })

  connection.onOpen(greeting => void greet(greeting))

  // An engine lost while the item was on its way leaves none on the screen; the new engine has the patient and can show it.
  watch(() => connection.engine.state, (now) => {
    if (now === 'ready' && info.value && presentation.value === undefined && opening.value === undefined)
      presenter.send(item.value)
  })

  async function greet(greeting: Hello): Promise<void> {
    if (greeting.patient)
      adopt(greeting.patient)
    else if (!opening.value)
      await open(FIRST_PATIENT)
  }

  function adopt(patient: PatientInfo): void {
    const same = info.value?.weightsSha256 === patient.weightsSha256 && info.value.path === patient.path
    info.value = markRaw(patient)
    problem.value = undefined
    if (!same) {
      undoStack.clear()
      item.value = 0
      trail.value = []
      presentation.value = undefined
      edges.value = undefined
    }
    if (same)
      presenter.send(item.value)
    else
      void begin()
  }

  /** Starts on an item the patient gets right but only just: there a stimulation can be seen to matter. */
  async function begin(): Promise<void> {
    const count = Math.min(FIRST_LOOK, info.value?.dataset.items ?? 0)
    const seen: Presentation[] = []
    const found = await connection.attempt(async () => {
      const until = performance.now() + FIRST_LOOK_MS
      while (seen.length < count && (seen.length === 0 || performance.now() < until)) {
        const batch = Math.min(seen.length === 0 ? 4 : FIRST_BATCH, count - seen.length)
        seen.push(...await Promise.all(Array.from({ length: batch }, (_, i) => host.present(seen.length + i))))
        if (seen.some(shown => isUnsure(shown)))
          break
      }
      return leastSure(seen)
    })
    if (presentation.value === undefined)
      show(found ?? 0)
  }

  /** By the name of one that ships, or a folder. True when it is on the table. `shown`: the caller shows `problem` itself. */
  /** The primary in training, as it is at its newest checkpoint. */
  function openTraining(name: string): Promise<boolean> {
    return put(name, () => host.openTraining())
  }

  function open(nameOrPath: string, shown = false): Promise<boolean> {
    return put(nameOrPath, () => host.openPatient(nameOrPath), shown)
  }

  async function put(nameOrPath: string, ask: () => Promise<PatientInfo>, shown = false): Promise<boolean> {
    opening.value = nameOrPath
    problem.value = undefined
    try {
      adopt(await ask())
      return true
    }
    catch (error) {
      problem.value = error instanceof UserError ? error.data : { code: 'bug', message: String(error), remedy: 'Choose another patient.', path: nameOrPath }
      // With a patient on the table the panel goes on showing it, so the reason goes where it is seen.
      if (info.value && !shown)
        connection.report(error)
      return false
    }
    finally {
      opening.value = undefined
    }
  }

  async function loadPrimaries(): Promise<void> {
    primaries.value = await connection.attempt(() => host.primaries()) ?? primaries.value ?? []
  }

  function show(wanted: number): void {
    const count = info.value?.dataset.items
    if (!count || !Number.isInteger(wanted))
      return
    item.value = ((wanted % count) + count) % count
    presenter.send(item.value)
  }

  /** The next item that the filter and the class let through, or back to the one before. */
  async function step(by: 1 | -1): Promise<void> {
    if (filter.value === 'all' && target.value === undefined)
      return show(item.value + by)
    if (by === 1)
      return seek(filter.value === 'all' ? undefined : filter.value === 'right')
    const last = trail.value.at(-1)
    trail.value = trail.value.slice(0, -1)
    if (last !== undefined)
      show(last)
  }

  function nextWrong(): Promise<void> {
    return seek(false)
  }

  /** The host only finds forward, so the way back under a filter is the way one came. */
  async function seek(correct: boolean | undefined): Promise<void> {
    if (searching.value || !info.value)
      return
    searching.value = true
    const from = item.value
    const found = await connection.attempt(() => host.findItem({
      from,
      ...(correct === undefined ? {} : { correct }),
      ...(target.value === undefined ? {} : { target: target.value }),
    }))
    searching.value = false
    if (found === undefined || found === from)
      return
    trail.value = [...trail.value.slice(-99), from]
    show(found)
  }

  /** Strongest weights into and out of one unit for the item on the screen. */
  function edgesOf(unit: { layer: number, index: number }): Promise<Connections> {
    return host.connections({ item: item.value, perLayer: EDGES_PER_UNIT, unit })
  }

  function className(index: number): string {
    return info.value?.dataset.classNames[index] ?? String(index)
  }

  const sizes = computed(() => info.value ? layoutOf(info.value.architecture).sheets.slice(1).map(sheet => sheet.size) : [])

  return { info, presentation, edges, primaries, opening, problem, item, filter, target, searching, trail, sizes, open, openTraining, adopt, loadPrimaries, show, step, nextWrong, edgesOf, className }
})
