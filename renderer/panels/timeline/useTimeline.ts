/**
 * What the timeline shows now: the open session in Replay, a second one beside it, the growing recording otherwise, or
 * nothing. Owns the visible stretch. One per panel.
 */
import type { Opened } from '../../../preload/contract/timeline'
import type { Tracks } from '../../stores/session/tracks'
import type { Track } from './lanes'
import type { Range } from './timeScale'
import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue'
import { useAnnotations } from '../../stores/annotations'
import { useCompare } from '../../stores/compare'
import { useComparedNotes } from '../../stores/comparedNotes'
import { useElectrode } from '../../stores/electrode'
import { useLive } from '../../stores/live'
import { usePatient } from '../../stores/patient'
import { useReplay } from '../../stores/replay'
import { useTimelineTracks } from '../../stores/timelineTracks'
import { useUi } from '../../stores/ui'
import { following, framed, liveRange, panBy, whole, zoomAt } from './timeScale'

export type Showing = 'replay' | 'live' | 'none'

/** How often the growing recording is drawn; its clock shows no more than tenths. */
const LIVE_MS = 200

export function useTimeline() {
  const replay = useReplay()
  const live = useLive()
  const ui = useUi()
  const patient = usePatient()
  const annotations = useAnnotations()
  const compare = useCompare()
  const theirs = useComparedNotes()
  const shown = useTimelineTracks()
  const electrode = useElectrode()

  const showing = computed<Showing>(() => replay.active ? 'replay' : ui.mode !== 'replay' && live.isRecording ? 'live' : 'none')
  const liveNow = ref(0)
  const timer = setInterval(() => {
    if (showing.value === 'live')
      liveNow.value = live.now()
  }, LIVE_MS)
  onBeforeUnmount(() => clearInterval(timer))

  const tracks = computed(() => showing.value === 'replay' ? replay.tracks : showing.value === 'live' ? live.tracks : undefined)
  /** ns of the end of what is shown. */
  const duration = computed(() => showing.value === 'replay' ? replay.duration : showing.value === 'live' ? liveNow.value : 0)
  const playhead = computed(() => showing.value === 'replay' ? replay.t : duration.value)
  /** Live, a selection is only for an annotation; in Replay it belongs to the transport. */
  const liveSelection = shallowRef<Range>()
  const selection = computed(() => showing.value === 'replay' ? replay.selection : showing.value === 'live' ? liveSelection.value : undefined)

  /** Undefined means all of it. */
  const chosen = shallowRef<Range>()
  const start = computed(() => showing.value === 'replay' ? replay.extent.from : 0)
  const longest = computed(() => showing.value === 'live' ? liveRange(duration.value).to : Math.max(duration.value, showing.value === 'replay' ? replay.extent.to : 0))
  /** All there is to see. */
  const all = computed<Range>(() => showing.value === 'live' ? liveRange(duration.value) : whole(longest.value, undefined, start.value))
  const range = computed<Range>(() => chosen.value ?? all.value)

  watch([showing, () => replay.summary?.path, () => live.session], () => {
    chosen.value = undefined
    liveSelection.value = undefined
    liveNow.value = live.isRecording ? live.now() : 0
  })

  // While it runs, the page turns with the playhead; while it rests, the view stays where it was put.
  watch(playhead, (t) => {
    if (chosen.value !== undefined && (showing.value === 'live' || replay.playing))
      chosen.value = following(chosen.value, t, longest.value, start.value)
  })

  function zoom(factor: number, anchor: number): void {
    const next = zoomAt(range.value, factor, anchor, longest.value, start.value)
    chosen.value = next.to - next.from >= (all.value.to - all.value.from) * 0.999 ? undefined : next
  }

  function pan(dt: number): void {
    if (chosen.value !== undefined)
      chosen.value = panBy(chosen.value, dt, longest.value, start.value)
  }

  /** Puts a moment into the middle of the view. */
  function centre(t: number): void {
    const { from, to } = range.value
    pan(t - (from + to) / 2)
  }

  function fit(): void {
    chosen.value = undefined
  }

  /** Shows a stretch and nothing else. */
  function show(stretch: Range): void {
    chosen.value = panBy(stretch, 0, longest.value, start.value)
  }

  /** Where zooming by key or button holds on: the playhead where it is in view, else the middle. */
  function anchor(): number {
    const { from, to } = range.value
    return playhead.value >= from && playhead.value <= to ? playhead.value : (from + to) / 2
  }

  /** Fills the view with the selected stretch, else with the annotation that was jumped to. */
  function frame(): void {
    const stretch = toFrame()
    if (stretch !== undefined)
      chosen.value = framed(stretch, range.value, longest.value, start.value)
  }

  function toFrame(): Range | undefined {
    if (selection.value !== undefined)
      return selection.value
    const jumped = annotations.list.find(({ annotation }) => annotation === annotations.selected)
    return jumped && { from: jumped.from.t, to: jumped.to.t }
  }

  /** Brings a moment into view without changing the zoom. */
  function reveal(t: number): void {
    if (chosen.value !== undefined)
      chosen.value = following(chosen.value, t, longest.value, start.value)
  }

  function select(stretch: Range | undefined): void {
    const within = stretch === undefined ? undefined : { from: Math.max(start.value, stretch.from), to: Math.min(showing.value === 'live' ? duration.value : longest.value, stretch.to) }
    if (showing.value === 'replay')
      replay.select(within)
    else
      liveSelection.value = within
  }

  function className(index: number, of: Opened = 'replayed'): string {
    const names = of === 'compared' ? compare.session?.head.provenance.at(-1)?.dataset.classNames : showing.value === 'replay' ? replay.primary?.classNames : patient.info?.dataset.classNames
    return names?.[index] ?? String(index)
  }

  const version = computed(() => live.version + replay.version + compare.version + shown.version)
  const described = computed(() => replay.described + compare.described)
  /** The second session, and where it lies on the clock of the first. */
  const compared = computed(() => showing.value === 'replay' && compare.active ? compare.tracks : undefined)

  /** What is to be shown, top to bottom. A track of which there is nothing is left out where it would say nothing by being empty. */
  const list = computed<Track[]>(() => {
    void version.value
    if (showing.value === 'none')
      return []
    const of = (which: Opened, from: Tracks | undefined): Track[] => [
      ...(['stimulation', 'trials', 'mapping'] as const).filter(kind => shown.isShown(kind) && (kind !== 'mapping' || (from?.marks.length ?? 0) > 0)).map((kind): Track => ({ kind, of: which })),
      ...shown.monitors.map((monitor): Track => ({ kind: 'monitor', of: which, monitor })),
    ]
    return [
      ...of('replayed', tracks.value),
      ...(shown.isShown('annotations') ? [{ kind: 'annotations', of: 'replayed' } as const] : []),
      ...(compared.value === undefined ? [] : [{ kind: 'divider', of: 'compared' } as const, ...of('compared', compared.value), ...(shown.isShown('annotations') && theirs.list.length > 0 ? [{ kind: 'annotations', of: 'compared' } as const] : [])]),
      ...(shown.isShown('overview') ? [{ kind: 'overview', of: 'replayed' } as const] : []),
    ]
  })

  /** What can be monitored here: of the moment replayed its sites and the selected one, of the patient what is selected; and their layers. */
  const monitorable = computed(() => {
    const { state } = replay
    const here = showing.value === 'replay' ? [state?.view?.selection, ...(state?.stimulation?.interventions ?? []).map(({ site }) => site)] : electrode.selection
    const sites = here.filter(site => site !== undefined).map(recordedSite).filter(site => site !== undefined)
    return [...new Set([...sites.slice(0, 4), ...sites.slice(0, 4).map(moduleOf)])]
  })

  return { showing, tracks, compared, monitorable, list, shown, compare, start, all, version, described, duration, playhead, selection, range, annotations, zoomed: computed(() => chosen.value !== undefined), longest, zoom, anchor, pan, centre, fit, show, frame, toFrame, reveal, select, className }
}

/** The place whose activity a recording holds: a weight's is that of the unit it leads to. Undefined where there is none. */
function recordedSite(address: string): string | undefined {
  if (/\.(?:unit|channel|head)\[\d+\]$/.test(address) || /^(?:layers|conv)\.\d+$|^blocks\.\d+\.(?:attn|mlp)$/.test(address))
    return address
  const weight = /^(layers\.\d+)\.weight\[(\d+),\d+\]$/.exec(address)
  return weight ? `${weight[1]}.unit[${weight[2]}]` : undefined
}

function moduleOf(address: string): string {
  return address.replace(/\.(?:unit|channel|head)\[\d+\]$/, '')
}

export type Timeline = ReturnType<typeof useTimeline>
