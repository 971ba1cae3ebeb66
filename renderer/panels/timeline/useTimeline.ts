/**
 * What the timeline shows now: the open session in Replay, the growing recording otherwise, or nothing.
 * Owns the visible stretch. One per panel.
 */
import type { Range } from './timeScale'
import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue'
import { useAnnotations } from '../../stores/annotations'
import { useLive } from '../../stores/live'
import { usePatient } from '../../stores/patient'
import { useReplay } from '../../stores/replay'
import { useUi } from '../../stores/ui'
import { following, liveRange, panBy, whole, zoomAt } from './timeScale'

export type Showing = 'replay' | 'live' | 'none'

/** How often the growing recording is drawn; its clock shows no more than tenths. */
const LIVE_MS = 200

export function useTimeline() {
  const replay = useReplay()
  const live = useLive()
  const ui = useUi()
  const patient = usePatient()
  const annotations = useAnnotations()

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
  const range = computed<Range>(() => chosen.value ?? (showing.value === 'live' ? liveRange(duration.value) : whole(duration.value)))
  const longest = computed(() => showing.value === 'live' ? liveRange(duration.value).to : duration.value)

  watch([showing, () => replay.summary?.path, () => live.session], () => {
    chosen.value = undefined
    liveSelection.value = undefined
    liveNow.value = live.isRecording ? live.now() : 0
  })

  // While it runs, the page turns with the playhead; while it rests, the view stays where it was put.
  watch(playhead, (t) => {
    if (chosen.value !== undefined && (showing.value === 'live' || replay.playing))
      chosen.value = following(chosen.value, t, longest.value)
  })

  function zoom(factor: number, anchor: number): void {
    const next = zoomAt(range.value, factor, anchor, longest.value)
    const all = whole(longest.value)
    chosen.value = next.to - next.from >= (all.to - all.from) * 0.999 ? undefined : next
  }

  function pan(dt: number): void {
    if (chosen.value !== undefined)
      chosen.value = panBy(chosen.value, dt, longest.value)
  }

  /** Puts a moment into the middle of the view. */
  function centre(t: number): void {
    const { from, to } = range.value
    pan(t - (from + to) / 2)
  }

  function fit(): void {
    chosen.value = undefined
  }

  /** Brings a moment into view without changing the zoom. */
  function reveal(t: number): void {
    if (chosen.value !== undefined)
      chosen.value = following(chosen.value, t, longest.value)
  }

  function select(stretch: Range | undefined): void {
    const within = stretch === undefined ? undefined : { from: Math.max(0, stretch.from), to: Math.min(duration.value, stretch.to) }
    if (showing.value === 'replay')
      replay.select(within)
    else
      liveSelection.value = within
  }

  function className(index: number): string {
    return (showing.value === 'replay' ? replay.primary?.classNames[index] : patient.info?.dataset.classNames[index]) ?? String(index)
  }

  return { showing, tracks, version: computed(() => live.version + replay.version), duration, playhead, selection, range, annotations, zoomed: computed(() => chosen.value !== undefined), longest, zoom, pan, centre, fit, reveal, select, className }
}

export type Timeline = ReturnType<typeof useTimeline>
