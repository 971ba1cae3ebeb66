/**
 * Finds: what will be asked of a symbiote, the one at work, the circuit it found, and which of it is shown. While the window is in Symbiote the
 * network shows the gates or the circuit; replaying, those of the moment. Big arrays stay outside of Vue's reactivity.
 */
import type { SessionState } from '../../preload/contract/session'
import type { FindInfo, Found, KeptOnScreen } from '../../preload/contract/symbiote'
import type { Candidates } from './findPlaces'
import type { FindSetting } from './findSetting'
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch } from 'vue'
import { classesOf } from '../../preload/contract/primary'
import { useConnection } from './connection'
import { createCurves } from './findCurves'
import { lookOfFound, lookOfGates, pictureOf } from './findPicture'
import { candidatesOf } from './findPlaces'
import { createFindReplay } from './findReplay'
import { commandOf, FIRST_FIND, problemOf, siteKinds } from './findSetting'
import { usePatient } from './patient'
import { useStage } from './stage'
import { useUi } from './ui'

export const useFind = defineStore('find', () => {
  const connection = useConnection()
  const patient = usePatient()
  const stage = useStage()
  const ui = useUi()
  const { host } = connection

  const setting = ref<FindSetting>({ ...FIRST_FIND })
  const info = shallowRef<FindInfo>()
  const running = ref(false)
  const cancelling = ref(false)
  /** Of the find under way, as the engine last told them. */
  const gates = shallowRef<Uint8Array>()
  const live = shallowRef<Found>()
  const curves = createCurves()
  /** Which seed's own circuit is shown; undefined: all of them, by membership. */
  const rival = ref<number>()
  /** What lies over the circuit: the human's tags, the last sweep. */
  const overlays = ref({ tags: true, sweep: false })
  /** Where the circuit was saved. */
  const saved = ref<string>()
  /** Cancelled ones of the patient that can be gone on with. */
  const kept = shallowRef<KeptOnScreen[]>([])
  const replayed = createFindReplay(stage, host, connection.attempt)

  const kinds = computed(() => patient.info ? siteKinds(patient.info.architecture) : [])
  const kind = computed(() => kinds.value.find(({ id }) => id === setting.value.sites) ?? kinds.value[0])
  const problem = computed(() => patient.info ? problemOf(setting.value, classesOf(patient.info.architecture)) : undefined)
  const replaying = computed(() => ui.mode === 'replay')

  /** The circuit on the screen: found now, or recorded. Never without its certificate, which is part of it. */
  const found = computed(() => replaying.value ? replayed.found.value : running.value ? undefined : live.value)
  const shownInfo = computed(() => replaying.value ? replayed.info.value : info.value)
  const shownGates = computed(() => replaying.value ? replayed.gates.value : running.value ? gates.value : undefined)

  const places = new PlacesCache()
  const picture = computed(() => {
    const on = replaying.value || ui.mode === 'symbiote'
    const architecture = replaying.value ? stage.recorded?.primary?.architecture : patient.info?.architecture
    const about = shownInfo.value
    if (!on || !architecture || !about || (!found.value && !shownGates.value) || sweptSince(stage.recorded?.state)) return undefined
    const candidates = places.of(about.find, () => candidatesOf(about.asked.sites, architecture))
    const look = found.value ? lookOfFound(found.value, rival.value) : lookOfGates(shownGates.value!, about.asked.objective)
    // A list that is not of these candidates would be drawn at the wrong places.
    return look.part.length === candidates.addresses.length ? markRaw({ candidates, look, info: about, ...pictureOf(candidates, look) }) : undefined
  })

  /** Index among the candidates on the screen; undefined where the address is none of them. */
  function indexOf(address: string): number | undefined {
    return picture.value && places.indexOf(picture.value.candidates, address)
  }

  /** What is known of a candidate on the screen, in short lines. */
  function factsAt(index: number): string[] {
    const shown = picture.value
    if (!shown) return []
    const now = found.value
    if (!now) return [`gate ${(shown.info.asked.objective === 'sufficient' ? shown.look.part[index]! : 1 + shown.look.hue[index]!).toFixed(2)}, mean over ${shown.info.asked.seeds} seeds`]
    return [
      `${now.member[index] === 1 ? 'member' : 'not a member'}, in ${Math.round(100 * now.membership[index]!)} % of the seeds`,
      `score ${now.score[index]!.toFixed(3)}, gate ${now.gates[index]!.toFixed(2)}`,
    ]
  }

  /** Seconds left at the rate so far; undefined until there is one. */
  const leftSeconds = computed(() => {
    const now = info.value
    return running.value && now && now.share > 0.02 ? now.seconds * (1 - now.share) / now.share : undefined
  })

  async function start(): Promise<void> {
    const sites = kind.value?.sites
    if (running.value || sites === undefined || problem.value !== undefined) return
    await run(() => host.find(commandOf(setting.value, sites)))
  }

  /** Goes on with a cancelled one. */
  async function resume(find: string): Promise<void> {
    if (!running.value) await run(() => host.resumeFind(find))
  }

  async function forget(find: string): Promise<void> {
    await connection.attempt(() => host.forgetFind(find))
    await refreshKept()
  }

  async function refreshKept(): Promise<void> {
    const of = patient.info?.weightsSha256
    const found = of === undefined ? [] : await host.keptFinds().catch(() => [])
    if (patient.info?.weightsSha256 === of) kept.value = found
  }
  watch([() => patient.info?.weightsSha256, () => running.value], ([, now]) => void (now || refreshKept()), { immediate: true })

  async function run(ask: () => Promise<Found>): Promise<void> {
    begin()
    info.value = undefined
    const result = await connection.attempt(ask)
    running.value = cancelling.value = false
    if (result) took(result)
  }

  function begin(): void {
    running.value = true
    gates.value = undefined
    rival.value = saved.value = undefined
    curves.clear()
  }

  function took(result: Found): void {
    live.value = markRaw(result)
    info.value = result.info
    rival.value = undefined
    const { certified, sentence } = result.certificate.verdict
    ui.announce(/^(?:not )?certified/i.test(sentence) ? sentence : `${certified ? 'Certified' : 'Not certified'}: ${sentence}`)
  }

  async function cancel(): Promise<void> {
    cancelling.value = true
    await connection.attempt(() => host.cancelFind())
  }

  async function save(name: string): Promise<boolean> {
    const shown = found.value
    const done = shown && await connection.attempt(() => host.saveCircuit({ find: shown.info.find, name }))
    if (done) saved.value = done.path
    return done !== undefined
  }

  function change(part: Partial<FindSetting>): void {
    setting.value = { ...setting.value, ...part }
  }

  /** The find under way was begun by a page that is gone. */
  let adopted = false

  connection.onView('finding', (now, open) => {
    if (!running.value && now.state === 'running') begin()
    info.value = now
    if (open) gates.value = markRaw(open)
    if (now.training) curves.add(now.training)
    if (now.state !== 'running') void ended(now)
  })

  /** No call of ours answers then; what was found is asked for. */
  async function ended(now: FindInfo): Promise<void> {
    if (!adopted) return
    adopted = false
    running.value = cancelling.value = false
    if (now.state !== 'failed') await fetchLive(now)
  }
  async function fetchLive(now: FindInfo): Promise<void> {
    const result = await host.recordedFind(now.find).catch(() => undefined)
    if (result && info.value?.find === now.find) took(result)
  }

  connection.onOpen((greeting) => {
    if (!greeting.find || running.value || info.value?.find === greeting.find.find) return
    info.value = greeting.find
    adopted = greeting.find.state === 'running'
    if (adopted) begin()
    else if (greeting.find.state !== 'failed') void fetchLive(greeting.find)
  })

  // A circuit of another patient is nobody's.
  watch(() => patient.info?.weightsSha256, (_, old) => {
    if (old === undefined || running.value) return
    live.value = info.value = gates.value = undefined
    setting.value = { ...setting.value, sites: '', target: 0, references: [], dataset: '' }
    curves.clear()
  })
  watch([() => replayed.found.value?.info.find, replaying], () => { rival.value = saved.value = undefined })

  return { setting, info, running, cancelling, live, curves: curves.shown, rival, overlays, saved, kept, kinds, kind, problem, found, shownInfo, picture, indexOf, factsAt, leftSeconds, start, resume, forget, cancel, save, change }
})

/** Replaying, what came last colours the network. */
function sweptSince(state: SessionState | undefined): boolean {
  return state?.sweep !== undefined && state.symbiote !== undefined && state.sweep.t > Math.max(state.symbiote.t, state.gates?.t ?? 0)
}

/** The candidates of one find: made once, though its gates come several times a second. */
class PlacesCache {
  #find: string | undefined
  #candidates: Candidates | undefined
  #indices: Map<string, number> | undefined

  of(find: string, make: () => Candidates): Candidates {
    if (this.#find !== find || !this.#candidates) {
      [this.#find, this.#candidates] = [find, markRaw(make())]
      this.#indices = undefined
    }
    return this.#candidates
  }

  /** Made when first asked: a large primary has hundreds of thousands of addresses. */
  indexOf({ addresses }: Candidates, address: string): number | undefined {
    this.#indices ??= new Map(addresses.map((one, i) => [one, i]))
    return this.#indices.get(address)
  }
}
