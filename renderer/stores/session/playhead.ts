/** The playhead of an open session: where it is, how fast it goes, what it loops and leaves out. Not what is shown there. */
import type { Stretch, Tracks } from './tracks'
import type { Frames } from './transport'
import { ref, shallowRef } from 'vue'
import { neighbour } from './moments'
import { idleStretches } from './tracks'
import { advance, FrameClock, shuttle as nextRate } from './transport'

const MS = 1e6

export function createPlayhead(frames: Frames) {
  /** ns since the session began. */
  const t = ref(0)
  const duration = ref(0)
  /** Where the playhead may go: the session, and a second one beside it that begins earlier or ends later. */
  const extent = shallowRef<Stretch>({ from: 0, to: 0 })
  let beside: Stretch | undefined
  const playing = ref(false)
  /** Signed: negative plays backwards. */
  const rate = ref(1)
  const looping = ref(false)
  const skipIdle = ref(false)
  /** In and out: what loops, and what a range annotation covers. */
  const selection = shallowRef<Stretch>()

  let tracks: Tracks | undefined
  /** Undefined until asked for again: a million events are not gone through for every page that is read. */
  let idle: Stretch[] | undefined

  const clock = new FrameClock(frames, (ms) => {
    const course = {
      start: extent.value.from,
      duration: extent.value.to,
      ...(looping.value && selection.value !== undefined ? { loop: selection.value } : {}),
      ...(skipIdle.value ? { idle: idleNow() } : {}),
    }
    const next = advance(t.value, ms * MS * rate.value, course)
    t.value = Math.round(next.t)
    if (next.ended)
      pause()
  })

  function load(loaded: Tracks, length: number): void {
    pause()
    tracks = loaded
    beside = undefined
    grow(length)
    t.value = 0
    rate.value = 1
    selection.value = undefined
    looping.value = false
  }

  /** More of the session has been read. */
  function grow(length: number): void {
    duration.value = length
    widen()
    idle = undefined
  }

  function idleNow(): Stretch[] {
    return idle ??= tracks === undefined ? [] : idleStretches(tracks.times.view(), duration.value)
  }

  /** A second session lies there on this one's clock; undefined when there is none any more. */
  function stretchOver(other: Stretch | undefined): void {
    beside = other
    widen()
    seek(t.value)
  }

  function widen(): void {
    extent.value = { from: Math.min(0, beside?.from ?? 0), to: Math.max(duration.value, beside?.to ?? 0) }
  }

  function play(): void {
    const { from, to } = extent.value
    if (to === from)
      return
    const atEnd = rate.value > 0 ? t.value >= to : t.value <= from
    if (atEnd && !(looping.value && selection.value !== undefined))
      t.value = rate.value > 0 ? from : to
    playing.value = true
    clock.start()
  }

  function pause(): void {
    playing.value = false
    clock.stop()
  }

  function toggle(): void {
    if (playing.value) {
      pause()
    }
    else {
      // Space after J plays forwards again.
      rate.value = Math.abs(rate.value)
      play()
    }
  }

  function shuttle(direction: 1 | -1): void {
    rate.value = nextRate(rate.value, playing.value, direction)
    play()
  }

  function setSpeed(speed: number): void {
    rate.value = (rate.value < 0 ? -1 : 1) * speed
  }

  function seek(to: number): void {
    t.value = Math.min(extent.value.to, Math.max(extent.value.from, Math.round(to)))
  }

  /** Where the playhead is at this very moment, ns: between two frames it has gone on, and on a busy machine they lie far apart. */
  function now(): number {
    clock.catchUp()
    return t.value
  }

  /** To a neighbouring time of a column; the ends where there is none. */
  function step(column: 'times' | 'trialTimes', direction: 1 | -1, count = 1): void {
    if (tracks === undefined)
      return
    pause()
    seek(neighbour(tracks[column], t.value, direction, count) ?? (direction === 1 ? extent.value.to : extent.value.from))
  }

  function setIn(at = now()): void {
    const to = selection.value?.to ?? extent.value.to
    selection.value = { from: at, to: to > at ? to : extent.value.to }
  }

  function setOut(at = now()): void {
    const from = selection.value?.from ?? extent.value.from
    selection.value = { from: from < at ? from : extent.value.from, to: at }
  }

  function select(stretch: Stretch | undefined): void {
    selection.value = stretch
    if (stretch === undefined)
      looping.value = false
  }

  function toggleLoop(): void {
    if (!looping.value && selection.value === undefined)
      selection.value = { ...extent.value }
    looping.value = !looping.value
  }

  return { t, duration, extent, playing, rate, looping, skipIdle, selection, load, grow, play, pause, toggle, shuttle, setSpeed, seek, now, step, setIn, setOut, select, toggleLoop, stretchOver }
}
