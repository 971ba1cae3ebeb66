/** Carries what the stores hold into the scene: live, or the recorded moment on the stage. Part of `useScene`. */
import type { Connections, SiteStatistics } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import type { Scene } from '../scene/scene'
import type { ResponseShown } from '../stores/response'
import type { WeightPlace } from '../stores/site'
import type { CircuitNote } from './findFeed'
import { computed, effectScope, shallowRef, watch } from 'vue'
import { layoutOf } from '../../preload/contract/layout'
import { useConnection } from '../stores/connection'
import { useElectrode } from '../stores/electrode'
import { useFind } from '../stores/find'
import { edgesWithin, wireOf } from '../stores/findPicture'
import { useMapping } from '../stores/mapping/mapping'
import { usePatient } from '../stores/patient'
import { useRecording } from '../stores/recording'
import { effectInSigma, liveResponse, niceScale, recordedResponse } from '../stores/response'
import { layerIndex, nameSheets, parseUnit, parseWeight } from '../stores/site'
import { useStage } from '../stores/stage'
import { useSweep } from '../stores/sweep'
import { mapOf, measureNamed, operationText } from '../stores/sweepMap'
import { useTags } from '../stores/tags'
import { useUi } from '../stores/ui'
import { noteOf, showPicture } from './findFeed'
import { placeOf } from './scenePlaces'

/** What the colours on the screen mean now: the legend reads this. Undefined while nothing is stimulated. */
export interface EffectShown {
  /** Per sheet, the input first. */
  perSheet: Float32Array[]
  /** Effect drawn in full colour, in units of σ, or of the measure of a sweep. */
  scale: number
  /** Calibration items σ was taken over, or items of the sweep. */
  items: number
  /** The sweep it is of, where it is one: each place shows what happens when it is intervened on. */
  sweep?: { title: string, unit: string, note: string }
  /** The map it is of: change of log p(target) where a site was tested. */
  map?: { note: string }
  /** The find it is of: hue is the gate, from inhibited to stimulated. */
  circuit?: CircuitNote
}
export const effectShown = shallowRef<EffectShown>()

/** At most ten views a second are recorded (design: sessions). */
const VIEW_INTERVAL_MS = 100

export function feedScene(scene: Scene): () => void {
  const scope = effectScope()
  scope.run(() => {
    const stage = useStage()
    const ui = useUi()
    const replaying = computed(() => ui.mode === 'replay')
    const recorded = computed(() => replaying.value ? stage.recorded : undefined)
    feedNetwork(scene, replaying, recorded)
    feedEffect(scene, replaying, recorded)
    feedSelection(scene, replaying, recorded)
    feedTags(scene, recorded)
    feedCircuit(scene)
    feedMapping(scene)
    watch(() => recorded.value?.followView ? recorded.value.state.view : undefined, view => view && scene.setView({ position: view.position, target: view.target }, true))
  })
  const stopViews = recordViews(scene)
  return () => {
    scope.stop()
    stopViews()
    effectShown.value = undefined
  }
}

type Recorded = { readonly value: ReturnType<typeof useStage>['recorded'] }
type Flag = { readonly value: boolean }

function feedNetwork(scene: Scene, replaying: Flag, recorded: Recorded): void {
  const patient = usePatient()
  const network = computed(() => {
    if (replaying.value) {
      const primary = recorded.value?.primary
      return primary && { architecture: primary.architecture, classNames: primary.classNames, shape: primary.inputShape }
    }
    return patient.info && { architecture: patient.info.architecture, classNames: patient.info.dataset.classNames, shape: patient.info.dataset.inputShape }
  })
  // Compared by content: the same network twice must not empty the scene.
  watch(() => network.value && JSON.stringify(network.value), () => {
    const now = network.value
    nameSheets(now ? layoutOf(now.architecture).sheets.slice(1).map(({ module }) => module) : [])
    scene.setArchitecture(now?.architecture, now?.classNames, now?.shape)
    if (now)
      scene.frame()
  }, { immediate: true })

  // Before the first trial of a recording nothing was seen, so nothing is shown.
  const shown = computed(() => replaying.value ? recorded.value?.trial?.before : patient.presentation)
  watch([shown, network], ([presentation, now]) => scene.setPresentation(presentation && { ...presentation, input: brightness(presentation.input, now?.architecture) }), { immediate: true })
  // Connections are not recorded; those on the screen belong to the patient and the item they were asked for.
  const find = useFind()
  const edges = computed(() => {
    if (replaying.value || find.picture?.wires)
      return undefined
    return patient.edges && find.picture ? edgesWithin(patient.edges, find.picture.opacity) : patient.edges
  })
  watch(edges, now => scene.setEdges(now), { immediate: true })
}

/** Pixels are drawn as they are. Tokens have no brightness: the same token gets the same, so that a repetition is seen. */
function brightness(input: Float32Array, architecture: Architecture | undefined): Float32Array {
  return architecture?.kind === 'transformer' ? input.map(token => (token + 1) / architecture.vocab) : input
}

function feedEffect(scene: Scene, replaying: Flag, recorded: Recorded): void {
  const patient = usePatient()
  const electrode = useElectrode()
  const response = computed((): ResponseShown | undefined => {
    if (replaying.value)
      return recorded.value?.state.stimulation ? recordedResponse(recorded.value) : undefined
    const live = electrode.on ? electrode.response : undefined
    return live && live.before.item === patient.presentation?.item ? liveResponse(live) : undefined
  })
  const sweep = useSweep()
  let origin = ''
  const find = useFind()
  // Where a circuit is shown, the sweep is laid over it when it is asked for, and by hand what is done goes before both.
  const over = computed(() => {
    const architecture = replaying.value ? recorded.value?.primary?.architecture : patient.info?.architecture
    const { latest } = sweep
    return find.picture && find.overlays.sweep && latest && architecture ? { swept: latest, ...mapOf(latest, architecture) } : undefined
  })
  const swept = computed(() => find.picture ? over.value : sweep.shown)
  const mapping = useMapping()
  watch([response, () => patient.presentation, swept, () => find.picture, () => mapping.picture], ([now, , map, picture, mapped]) => {
    if (mapped && mapped.tested > 0) {
      origin = ''
      effectShown.value = { perSheet: mapped.perSheet, scale: mapped.scale, items: 0, map: { note: 'hollow: not tested' } }
      return scene.setEffect(mapped.perSheet, { scale: mapped.scale, animate: 'none', origin: 0, quiet: true })
    }
    if (picture && !now && !map) {
      origin = ''
      const circuit = noteOf(picture, find.found !== undefined, find.rival)
      effectShown.value = { perSheet: picture.hue, scale: 1, items: 0, circuit }
      return scene.setEffect(picture.hue, { scale: 1, animate: 'none', origin: 0, quiet: true })
    }
    if (map && !(picture && now)) {
      origin = ''
      return showSweep(scene, map)
    }
    if (!now) {
      origin = ''
      effectShown.value = undefined
      return scene.setEffect(undefined)
    }
    const where = now.interventions.map(({ site }) => site).join()
    show(scene, now, replaying.value ? recorded.value?.primary?.statistics : patient.info?.statistics, where !== origin)
    origin = where
  })
}

/** A new place sends a wave forward; another notch at the same place changes at once. */
function show(scene: Scene, response: ResponseShown, statistics: SiteStatistics | undefined, moved: boolean): void {
  const layers = statistics && fits(statistics, response) ? effectInSigma(response.before, response.after, statistics) : undefined
  if (!layers)
    return
  const perSheet = [new Float32Array(response.before.input.length), ...layers]
  const first = Math.min(...response.interventions.map(({ site }) => layerIndex(site) ?? 0)) + 1
  const scale = niceScale(perSheet.slice(first + 1).length > 0 ? perSheet.slice(first + 1) : perSheet)
  effectShown.value = { perSheet, scale, items: statistics!.items }
  scene.setEffect(perSheet, { scale, animate: moved ? 'wave' : 'none', origin: first, probabilities: response.after.probabilities })
}

/** A map has no wave: nothing happened at one place and went forward. */
function showSweep(scene: Scene, { swept, perSheet, scale, gathered }: NonNullable<ReturnType<typeof useSweep>['shown']>): void {
  const { measure, operation, items, method } = swept.info
  const { title, unit } = measureNamed(measure)
  const note = `${operationText(operation)}, ${method}, n ${items.toLocaleString('en')}, ${title} ${(swept.baseline[measure] ?? 0).toFixed(3)} without${gathered ? ' · each place shows its strongest site' : ''}`
  effectShown.value = { perSheet, scale, items, sweep: { title: `effect of each site on ${title}`, unit, note } }
  scene.setEffect(perSheet, { scale, animate: 'none', origin: 0 })
}

function fits(statistics: SiteStatistics, { before }: ResponseShown): boolean {
  return statistics.sigma.length === before.activations.length && statistics.sigma.every((sigma, i) => sigma.length === before.activations[i]!.length)
}

function feedSelection(scene: Scene, replaying: Flag, recorded: Recorded): void {
  const electrode = useElectrode()
  // Replaying, what was stimulated is marked, not what is selected now.
  const site = computed(() => replaying.value ? recorded.value?.state.stimulation?.interventions.at(-1)?.site : electrode.site)
  watch(site, (now) => {
    const unit = now && !replaying.value && !parseUnit(now) ? electrode.wiresOf : undefined
    scene.setSelection(unit ? { sheet: unit.layer + 1, index: unit.index } : now ? placeOf(now) : undefined)
  }, { immediate: true })
  // A chosen weight stands out from the others of its unit, which stay there to be chosen instead.
  const find = useFind()
  watch([() => electrode.wires, () => electrode.site, replaying, () => find.picture], ([wires, chosen, , picture]) => {
    // In a circuit of connections the chosen one is drawn over the others.
    if (picture?.wires) {
      const index = chosen === undefined ? undefined : find.indexOf(chosen)
      return scene.setFocusEdges(index === undefined ? undefined : wireOf(picture.candidates, index))
    }
    const weight = chosen ? parseWeight(chosen) : undefined
    scene.setFocusEdges(replaying.value ? undefined : wires && weight ? dimmed(wires, weight) : wires)
  }, { immediate: true })
}

const DIM = 0.12

function dimmed(wires: Connections, { layer, out, in: from }: WeightPlace): Connections {
  const strength = (_: number, i: number): number => wires.layer[i] === layer && wires.to[i] === out && wires.from[i] === from ? 1 : DIM
  return { ...wires, weight: wires.weight.map((weight, i) => weight * strength(weight, i)), flow: wires.flow.map((flow, i) => flow * strength(flow, i)) }
}

function feedTags(scene: Scene, recorded: Recorded): void {
  const tags = useTags()
  const find = useFind()
  const mapping = useMapping()
  // While blind a ticket would say what cannot be known yet.
  watch([() => tags.list, recorded, () => (find.picture !== undefined && !find.overlays.tags) || mapping.view?.blinded === true], ([, , hidden]) => {
    const list = hidden ? [] : recorded.value?.state.tags ?? tags.list
    scene.setTags(list.flatMap(({ number, site }) => {
      const place = placeOf(site)
      return place ? [{ number, ...place }] : []
    }))
  }, { immediate: true })
}

/** After the network, which forgets what was set for the one before. */
function feedCircuit(scene: Scene): void {
  const find = useFind()
  watch(() => find.picture, picture => showPicture(scene, picture), { immediate: true })
}

/** The site that is next, and hollow places for what was not tested. */
function feedMapping(scene: Scene): void {
  const mapping = useMapping()
  const ui = useUi()
  const find = useFind()
  const next = computed(() => ui.mode === 'map' && ui.mapTab === 'protocol' && mapping.info?.status === 'running' && mapping.waitsFor === 'trial' ? mapping.due : undefined)
  watch(next, site => scene.setTarget(site === undefined ? undefined : placeOf(site)), { immediate: true })
  watch(() => mapping.picture, (now, before) => {
    if (!find.picture && (now || before))
      scene.setOpacity(now && now.tested > 0 ? now.opacity : undefined)
  })
}

/** While a session records, where one looks is part of it. */
function recordViews(scene: Scene): () => void {
  const connection = useConnection()
  const recording = useRecording()
  const electrode = useElectrode()
  const ui = useUi()
  let timer: ReturnType<typeof setTimeout> | undefined

  function later(): void {
    if (recording.isRecording && ui.mode !== 'replay')
      timer ??= setTimeout(send, VIEW_INTERVAL_MS)
  }
  function send(): void {
    timer = undefined
    const { position, target } = scene.getView()
    // A view that is not kept is no reason to interrupt anybody.
    void connection.host.recordView({ position, target, ...(electrode.site ? { selection: electrode.site } : {}) }).catch(() => {})
  }
  const undos = [scene.onView(later), watch([() => electrode.site, () => recording.isRecording], later)]
  return () => {
    clearTimeout(timer)
    undos.forEach(undo => undo())
  }
}
