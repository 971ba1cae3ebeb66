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
  const playing = ref(false)
  /** Signed: negative plays backwards. */
  const rate = ref(1)
  const looping = ref(false)
  const skipIdle = ref(false)
  /** In and out: what loops, and what a range annotation covers. */
  const selection = shallowRef<Stretch>()

  let tracks: Tracks | undefined
  let idle: Stretch[] = []

  const clock = new FrameClock(frames, (ms) => {
    const course = {
      duration: duration.value,
      ...(looping.value && selection.value !== undefined ? { loop: selection.value } : {}),
      ...(skipIdle.value ? { idle } : {}),
    }
    const next = advance(t.value, ms * MS * rate.value, course)
    t.value = Math.round(next.t)
    if (next.ended)
      pause()
  })

  function load(loaded: Tracks, length: number): void {
    pause()
    tracks = loaded
    grow(length)
    t.value = 0
    rate.value = 1
    selection.value = undefined
    looping.value = false
  }

  /** More of the session has been read. */
  function grow(length: number): void {
    duration.value = length
    idle = tracks === undefined ? [] : idleStretches(tracks.times.view(), length)
  }

  function play(): void {
    if (duration.value === 0)
      return
    const atEnd = rate.value > 0 ? t.value >= duration.value : t.value <= 0
    if (atEnd && !(looping.value && selection.value !== undefined))
      t.value = rate.value > 0 ? 0 : duration.value
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
    t.value = Math.min(duration.value, Math.max(0, Math.round(to)))
  }

  /** To a neighbouring time of a column; the ends where there is none. */
  function step(column: 'times' | 'trialTimes', direction: 1 | -1, count = 1): void {
    if (tracks === undefined)
      return
    pause()
    seek(neighbour(tracks[column], t.value, direction, count) ?? (direction === 1 ? duration.value : 0))
  }

  function setIn(at = t.value): void {
    const to = selection.value?.to ?? duration.value
    selection.value = { from: at, to: to > at ? to : duration.value }
  }

  function setOut(at = t.value): void {
    const from = selection.value?.from ?? 0
    selection.value = { from: from < at ? from : 0, to: at }
  }

  function select(stretch: Stretch | undefined): void {
    selection.value = stretch
    if (stretch === undefined)
      looping.value = false
  }

  function toggleLoop(): void {
    if (!looping.value && selection.value === undefined)
      selection.value = { from: 0, to: duration.value }
    looping.value = !looping.value
  }

  return { t, duration, playing, rate, looping, skipIdle, selection, load, grow, play, pause, toggle, shuttle, setSpeed, seek, step, setIn, setOut, select, toggleLoop }
}
