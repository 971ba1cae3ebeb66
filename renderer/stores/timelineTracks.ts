/** Which tracks the timeline shows, what it monitors, how high it is. The window's own; the host records the activity of the sites among its monitors. */
import type { Opened } from '../../preload/contract/timeline'
import type { Monitor, Series } from './session/monitors'
import type { Stretch, Tracks } from './session/tracks'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useCompare } from './compare'
import { useConnection } from './connection'
import { useRecording } from './recording'
import { useReplay } from './replay'
import { figureSeries, monitorId } from './session/monitors'
import { SiteActivity } from './session/siteActivity'
import { SiteTrace } from './session/siteTrace'

export type TrackName = 'stimulation' | 'trials' | 'mapping' | 'annotations' | 'overview'
export const TRACK_NAMES: readonly TrackName[] = ['stimulation', 'trials', 'mapping', 'annotations', 'overview']
/** More would leave the scene no room. */
export const MOST_MONITORS = 6

export const useTimelineTracks = defineStore('timelineTracks', () => {
  const connection = useConnection()
  const replay = useReplay()
  const compare = useCompare()
  const recording = useRecording()

  const hidden = ref<TrackName[]>([])
  const monitors = shallowRef<Monitor[]>([])
  /** Pixels the user gave it; undefined for what it needs. */
  const height = ref<number>()
  /** Rises when more of a monitored site's activity is known. */
  const version = ref(0)

  let sites = new Map<string, SiteActivity>()
  let traces = new Map<string, SiteTrace>()
  watch([() => replay.tracks, () => compare.tracks], () => {
    sites = new Map()
    traces = new Map()
  })

  // What is monitored goes into the recording, between trials too; the host forgets it with each recording.
  const watched = computed(() => monitors.value.flatMap(monitor => monitor.kind === 'site' ? [monitor.site] : []))
  // By its text: a shallow ref in a list of sources would be told of with every word of the recording.
  watch([() => recording.info?.path, () => watched.value.join('\n')], ([path], [before]) => {
    if (path !== undefined && (path === before || watched.value.length > 0))
      void connection.attempt(() => connection.host.monitor(watched.value))
  })

  const tracksOf = (of: Opened): Tracks | undefined => of === 'replayed' ? replay.tracks : compare.tracks

  function kept<T>(all: Map<string, T>, site: string, of: Opened, make: (tracks: Tracks) => T): T | undefined {
    const tracks = tracksOf(of)
    if (tracks === undefined)
      return undefined
    const key = `${of} ${site}`
    const known = all.get(key) ?? make(tracks)
    all.set(key, known)
    return known
  }

  const activityOf = (site: string, of: Opened): SiteActivity | undefined => kept(sites, site, of, tracks => new SiteActivity(tracks, trials => connection.host.activity({ site, trials, of }), () => version.value++))
  const traceOf = (site: string, of: Opened): SiteTrace | undefined => kept(traces, site, of, tracks => new SiteTrace(tracks, wish => connection.host.trace({ site, ...wish, of }), () => version.value++))

  function isShown(name: TrackName): boolean {
    return !hidden.value.includes(name)
  }

  function toggle(name: TrackName): void {
    hidden.value = isShown(name) ? [...hidden.value, name] : hidden.value.filter(other => other !== name)
  }

  function isMonitored(monitor: Monitor): boolean {
    return monitors.value.some(other => monitorId(other) === monitorId(monitor))
  }

  /** False where there is no room for another. */
  function addMonitor(monitor: Monitor): boolean {
    if (isMonitored(monitor))
      return true
    if (monitors.value.length >= MOST_MONITORS)
      return false
    monitors.value = [...monitors.value, monitor]
    return true
  }

  function removeMonitor(monitor: Monitor): void {
    monitors.value = monitors.value.filter(other => monitorId(other) !== monitorId(monitor))
  }

  /** What a monitor shows of a session; of a site, as far as it is known, and the reason where nothing will be. */
  function seriesOf(monitor: Monitor, of: Opened): { series?: Series, problem?: string } {
    const tracks = tracksOf(of)
    if (tracks === undefined)
      return {}
    if (monitor.kind !== 'site')
      return { series: figureSeries(tracks, monitor.of) }
    const activity = activityOf(monitor.site, of)!
    const watched = traceOf(monitor.site, of)?.shown
    return activity.problem === undefined ? { series: { ...activity.series, ...(watched === undefined ? {} : { watched }) } } : { problem: activity.problem instanceof Error ? activity.problem.message : 'It could not be read.' }
  }

  /** Lets a site's activity be read for the stretch in view, on the clock of its own session: that of trials, and what was monitored between them. */
  function want(monitor: Monitor, of: Opened, view: Stretch, pixels: number): void {
    const tracks = tracksOf(of)
    if (monitor.kind !== 'site' || tracks === undefined)
      return
    activityOf(monitor.site, of)?.want(tracks.trialTimes.lowerBound(view.from), tracks.trialTimes.lowerBound(view.to), pixels)
    traceOf(monitor.site, of)?.want(view, pixels)
  }

  return { hidden, monitors, height, version, isShown, toggle, isMonitored, addMonitor, removeMonitor, seriesOf, want }
})
