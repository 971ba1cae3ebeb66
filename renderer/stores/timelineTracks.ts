/** Which tracks the timeline shows, what it monitors, how high it is. The window's own; the host records the activity of the sites among its monitors. */
import type { Opened } from '../../preload/contract/timeline'
import type { Monitor, Series } from './session/monitors'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useCompare } from './compare'
import { useConnection } from './connection'
import { useRecording } from './recording'
import { useReplay } from './replay'
import { figureSeries, monitorId } from './session/monitors'
import { SiteActivity } from './session/siteActivity'

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
  watch([() => replay.tracks, () => compare.tracks], () => {
    sites = new Map()
  })

  // What is monitored goes into the recording, between trials too; the host forgets it with each recording.
  const watched = computed(() => monitors.value.flatMap(monitor => monitor.kind === 'site' ? [monitor.site] : []))
  // By its text: a shallow ref in a list of sources would be told of with every word of the recording.
  watch([() => recording.info?.path, () => watched.value.join('\n')], ([path], [before]) => {
    if (path !== undefined && (path === before || watched.value.length > 0))
      void connection.attempt(() => connection.host.monitor(watched.value))
  })

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
    const tracks = of === 'replayed' ? replay.tracks : compare.tracks
    if (tracks === undefined)
      return {}
    if (monitor.kind !== 'site')
      return { series: figureSeries(tracks, monitor.of) }
    const activity = activityOf(monitor.site, of)!
    return activity.problem === undefined ? { series: activity.series } : { problem: activity.problem instanceof Error ? activity.problem.message : 'It could not be read.' }
  }

  /** Lets a site's activity be read for what is in view. */
  function want(monitor: Monitor, of: Opened, first: number, end: number, pixels: number): void {
    if (monitor.kind === 'site')
      activityOf(monitor.site, of)?.want(first, end, pixels)
  }

  function activityOf(site: string, of: Opened): SiteActivity | undefined {
    const tracks = of === 'replayed' ? replay.tracks : compare.tracks
    if (tracks === undefined)
      return undefined
    const key = `${of} ${site}`
    const known = sites.get(key)
    if (known !== undefined)
      return known
    const made = new SiteActivity(tracks, trials => connection.host.activity({ site, trials, of }), () => version.value++)
    sites.set(key, made)
    return made
  }

  return { hidden, monitors, height, version, isShown, toggle, isMonitored, addMonitor, removeMonitor, seriesOf, want }
})
