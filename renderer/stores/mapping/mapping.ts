/**
 * Mapping by protocol: what will be done, the mapping under way as far as this screen may know it, and the one of an open
 * session at its playhead. Which of them is on the screen is said by `view`; all of it is read off the session's own events.
 */
import type { MappingInfo, MappingMode, MappingTrial } from '../../../preload/contract/mapping'
import type { MappingEvent, PlanAnswer, Preset } from '../../../preload/contract/mappingScreen'
import type { PresetName, Protocol } from '../../../preload/contract/protocol'
import type { MappingFold, SiteTally } from './fold'
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch } from 'vue'
import { Latest } from '../../client/latest'
import { useConnection } from '../connection'
import { useElectrode } from '../electrode'
import { useLive } from '../live'
import { usePatient } from '../patient'
import { useRecording } from '../recording'
import { useReplay } from '../replay'
import { useTags } from '../tags'
import { useUi } from '../ui'
import { emptyFold, FoldAt, take } from './fold'
import { pictureOf } from './picture'

export const useMapping = defineStore('mapping', () => {
  const connection = useConnection()
  const patient = usePatient()
  const electrode = useElectrode()
  const lane = useLive()
  const recording = useRecording()
  const replay = useReplay()
  const tags = useTags()
  const ui = useUi()
  const { host } = connection

  const presets = shallowRef<readonly Preset[]>([])
  const preset = ref<PresetName>()
  const protocol = shallowRef<Protocol>()
  const mode = ref<MappingMode>('assisted')
  const plan = shallowRef<PlanAnswer>()
  /** What `plan` is of. */
  const planned = shallowRef<Protocol>()

  const info = shallowRef<MappingInfo>()
  const live = shallowRef(emptyFold())
  /** Rises with every event taken into `live`, which is not reactive. */
  const version = ref(0)
  const shown = shallowRef<MappingTrial>()
  /** The human's code of the shown trial. */
  const code = ref<string>()
  const presenting = ref(false)
  const starting = ref(false)
  const reportOpen = ref(false)

  /** Nobody scores one that runs by itself, so there is nobody to blind and it may be watched. */
  const sent = computed((): Protocol | undefined => protocol.value && (mode.value === 'unattended' ? { ...protocol.value, blinding: 'none' } : protocol.value))
  /** The plan is of what would be sent, and nothing speaks against it. */
  const ready = computed(() => plan.value !== undefined && 'plan' in plan.value && planned.value === sent.value)
  const active = computed(() => info.value !== undefined && info.value.status !== 'finished')
  const waitsFor = computed((): 'trial' | 'score' | 'unblinding' | undefined => {
    const now = info.value
    if (!now || now.mode === 'unattended' || now.status !== 'running')
      return undefined
    if (shown.value && code.value === undefined)
      return 'score'
    return now.phase === 'report' ? 'unblinding' : 'trial'
  })

  async function load(): Promise<void> {
    if (presets.value.length > 0)
      return
    presets.value = await connection.attempt(() => host.protocolPresets()) ?? []
    if (!protocol.value)
      choose('standard')
  }

  function choose(name: PresetName): void {
    const found = presets.value.find(one => one.name === name)
    if (found)
      [preset.value, protocol.value] = [name, found.protocol]
  }

  /** A change of one's own: no longer the preset. */
  function change(next: Protocol): void {
    preset.value = undefined
    protocol.value = next.name === protocol.value?.name && presets.value.some(({ name }) => name === next.name) ? { ...next, name: `${next.name}, changed` } : next
  }

  const planner = new Latest(async (wanted: Protocol) => {
    const answer = await host.planMapping(wanted).catch((error: unknown) => void connection.report(error))
    if (sent.value === wanted)
      [plan.value, planned.value] = [answer ?? undefined, wanted]
  })
  watch([sent, () => patient.info, () => ui.mode, active], ([wanted, now, where, busy]) => {
    if (wanted && now && where === 'map' && !busy)
      planner.send(wanted)
  })

  /** Begins a recording first where none runs. */
  async function start(session?: { title: string, operators: string[] }): Promise<boolean> {
    const wanted = sent.value
    if (!wanted || starting.value)
      return false
    starting.value = true
    try {
      if (!recording.isRecording && !(session && await recording.start(session.title, session.operators)))
        return false
      forget()
      const begun = await connection.attempt(() => host.startMapping({ protocol: wanted, mode: mode.value }))
      if (begun)
        receive(begun)
      return begun !== undefined
    }
    finally {
      starting.value = false
    }
  }

  function forget(): void {
    live.value = emptyFold()
    info.value = shown.value = code.value = undefined
    version.value++
  }

  /** The one that is over leaves the screen; it is in the record. */
  function another(): void {
    if (!active.value)
      forget()
  }

  function receive(next: MappingInfo): void {
    const before = info.value
    info.value = markRaw(next)
    if (next.mode !== 'unattended' && next.next?.site && next.next.site !== before?.next?.site)
      electrode.select([next.next.site])
    if (next.status === 'finished' && before !== undefined && before.status !== 'finished') {
      void tags.refresh()
      reportOpen.value = true
      ui.announce('The mapping is over. Its report is open.')
    }
    else if (before && next.phase !== before.phase) {
      ui.announce(`Phase ${next.phase}.`)
    }
  }

  function takeAll(events: readonly MappingEvent[]): void {
    for (const event of events)
      take(live.value, event)
    version.value++
  }

  /** The site the next trial is made at: the selected one where it may be, else the one due. */
  const due = computed((): string | undefined => {
    const now = info.value
    if (!now || now.mode === 'unattended')
      return undefined
    if (now.mode === 'assisted')
      return now.next?.site
    const open = openSites(now)
    return open.includes(electrode.site ?? '') ? electrode.site : open[0]
  })

  /** By hand: those that need more and were not stimulated last, fewest trials first. */
  function openSites(now: MappingInfo): string[] {
    const waiting = now.sites.filter(({ state }) => state !== 'done')
    const others = now.protocol.order.neverTwice ? waiting.filter(({ address }) => address !== shown.value?.site) : waiting
    return (others.length > 0 ? others : waiting).toSorted((a, b) => (a.trials ?? 0) - (b.trials ?? 0)).map(({ address }) => address)
  }

  async function present(): Promise<void> {
    const now = info.value
    if (!now || presenting.value || waitsFor.value !== 'trial')
      return
    presenting.value = true
    const site = now.mode === 'hand' ? due.value : undefined
    const answer = await connection.attempt(() => host.presentTrial(site === undefined ? {} : { site }))
    presenting.value = false
    shown.value = answer && markRaw(answer)
    code.value = undefined
    if (answer && now.blinded)
      lane.addMapped({ trial: answer.trial, focus: answer.shown.item, target: answer.shown.target, response: answer.answer, correct: answer.answer === answer.shown.target, sham: false })
    if (answer)
      ui.announce(`Trial ${answer.number}: should say ${patient.className(answer.shown.target)}, says ${patient.className(answer.answer)}.`)
  }

  async function score(next: string): Promise<void> {
    const trial = shown.value?.trial
    if (trial === undefined || !active.value)
      return
    const before = code.value
    code.value = next
    const done = await connection.attempt(async () => {
      await host.scoreTrial({ trial, code: next })
      return true
    })
    if (!done && shown.value?.trial === trial)
      code.value = before
    // By hand the next site is lit at once; another can still be chosen.
    if (done && info.value?.mode === 'hand' && due.value)
      electrode.select([due.value])
  }

  const run = (action: () => Promise<MappingInfo>) => connection.attempt(async () => receive(await action()))
  const pause = (paused: boolean) => run(() => host.pauseMapping(paused))
  const interrupt = () => run(() => host.interruptMapping('Stopped by the operator.'))
  const end = (reason: string) => run(() => host.endMapping(reason))
  const unblind = (reason: string) => run(() => host.unblindMapping(reason))

  connection.onView('mapping', receive)
  connection.onView('mappingEvents', news => takeAll(news.filter(one => one.kind !== 'trial')))
  connection.onOpen(() => void catchUp())

  /** What happened before this screen was there. */
  async function catchUp(): Promise<void> {
    const far = await host.mappingSoFar().catch(() => undefined)
    if (!far)
      return
    live.value = emptyFold()
    takeAll(far.events)
    info.value = markRaw(far.info)
    shown.value = far.shown && markRaw(far.shown)
    const own = live.value.scores.findLast(({ trial, source }) => source === 'human' && trial === far.shown?.trial)
    code.value = own?.code
  }

  // A map of another patient is nobody's.
  watch(() => patient.info?.weightsSha256, (_, old) => old !== undefined && forget())

  const recorded = shallowRef<FoldAt>()
  // Once the session is read to its end: a mapping is found by its first event and judged by its last.
  watch([() => replay.session?.summary.path, () => replay.read >= 1], async ([path, whole]) => {
    recorded.value = undefined
    if (path === undefined || !whole)
      return
    const events = await connection.attempt(() => host.recordedMapping())
    if (events && events.length > 0 && replay.session?.summary.path === path)
      recorded.value = markRaw(new FoldAt(events))
  })
  const replayed = computed(() => replay.active ? recorded.value?.to(replay.t) : undefined)

  /** What is on the screen. `at` changes whenever the fold does, which is not reactive. */
  const view = computed((): { fold: MappingFold, at: number, blinded: boolean, live: boolean } | undefined => {
    if (ui.mode === 'replay')
      return replayed.value?.fold.event ? { ...replayed.value, blinded: false, live: false } : undefined
    if (ui.mode !== 'map' || ui.mapTab !== 'protocol' || !info.value)
      return undefined
    return { fold: live.value, at: version.value, blinded: info.value.blinded, live: true }
  })

  const tallies = computed((): SiteTally[] => {
    if (!view.value)
      return []
    const { sites } = view.value.fold
    const known = [...sites.values()]
    const rest = view.value.live ? info.value!.sites.filter(({ address }) => !sites.has(address)).map(({ address }) => address) : []
    return [...known, ...rest.map((site): SiteTally => ({ site, n: 0, k: 0, items: 0, lost: 0, gained: 0, steps: [] }))]
  })

  const picture = computed(() => {
    const architecture = ui.mode === 'replay' ? replay.primary?.architecture : patient.info?.architecture
    return view.value && architecture && !view.value.blinded ? pictureOf(view.value.fold.sites.values(), architecture) : undefined
  })

  /** Numbered in the order of the verdicts; nothing is pinned while blind. */
  const tickets = computed(() => !view.value || view.value.blinded ? [] : tallies.value.flatMap(({ site, verdict }) => verdict?.tag === undefined ? [] : [{ number: verdict.tag, site }]))

  return { presets, preset, protocol, mode, plan, ready, info, version, shown, code, presenting, starting, reportOpen, active, waitsFor, due, view, tallies, picture, tickets, load, choose, change, start, another, present, score, pause, interrupt, end, unblind }
})
