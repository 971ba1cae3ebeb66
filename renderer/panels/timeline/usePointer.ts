/** Pointer and wheel on the tracks: click to seek, drag to select, drag the ruler to scrub, wheel to zoom and pan, hover to look. */
import type { ShallowRef } from 'vue'
import type { Timeline } from './useTimeline'
import { onBeforeUnmount, onMounted, shallowRef } from 'vue'
import { tOf } from './timeScale'

/** A press that moves less is a click, pixels. */
const CLICK = 4
/** Zoom for one notch (100 px) of a wheel. */
const NOTCH = 1.25

type Drag
  = | { kind: 'press', x: number, t: number }
    | { kind: 'select', t: number }
    | { kind: 'scrub' }
    | { kind: 'pan', x: number }
    /** Two fingers: where the first is, and how far apart they were. */
    | { kind: 'pinch', apart: number }

export function usePointer(element: Readonly<ShallowRef<HTMLElement | null>>, timeline: Timeline, options: { rulerHeight: () => number, width: () => number, seek: (t: number) => void }) {
  /** Pixels from the left edge, while the pointer is over the tracks. */
  const hover = shallowRef<{ x: number, y: number }>()
  let drag: Drag | undefined
  /** Fingers on the surface, pixels. */
  const fingers = new Map<number, number>()

  const timeAt = (x: number): number => tOf(Math.min(options.width(), Math.max(0, x)), timeline.range.value, options.width())
  const place = (event: PointerEvent | WheelEvent): { x: number, y: number } => {
    const box = element.value!.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }

  function down(event: PointerEvent): void {
    if (timeline.showing.value === 'none' || event.button > 1)
      return
    const { x, y } = place(event)
    element.value!.setPointerCapture(event.pointerId)
    if (event.pointerType === 'touch' && fingers.set(event.pointerId, x).size === 2) {
      drag = { kind: 'pinch', apart: apart() }
      return
    }
    if (event.button === 1 || event.altKey) {
      drag = { kind: 'pan', x }
    }
    else if (y < options.rulerHeight() && timeline.showing.value === 'replay') {
      drag = { kind: 'scrub' }
      options.seek(timeAt(x))
    }
    else {
      drag = { kind: 'press', x, t: timeAt(x) }
    }
  }

  function move(event: PointerEvent): void {
    const at = place(event)
    hover.value = at
    if (drag === undefined)
      return
    switch (drag.kind) {
      case 'press':
        if (Math.abs(at.x - drag.x) >= CLICK)
          drag = { kind: 'select', t: drag.t }
        break
      case 'select': {
        const t = timeAt(at.x)
        timeline.select({ from: Math.min(t, drag.t), to: Math.max(t, drag.t) })
        break
      }
      case 'scrub':
        options.seek(timeAt(at.x))
        break
      case 'pinch': {
        fingers.set(event.pointerId, at.x)
        const now = apart()
        timeline.zoom(now / drag.apart, timeAt([...fingers.values()].reduce((sum, x) => sum + x / fingers.size, 0)))
        drag = { kind: 'pinch', apart: now }
        break
      }
      case 'pan':
        timeline.pan(timeAt(drag.x) - timeAt(at.x))
        drag = { kind: 'pan', x: at.x }
        break
      default: drag satisfies never
    }
  }

  function apart(): number {
    const [a = 0, b = 0] = fingers.values()
    return Math.max(10, Math.abs(a - b))
  }

  function up(event: PointerEvent): void {
    fingers.delete(event.pointerId)
    if (drag?.kind === 'press') {
      timeline.select(undefined)
      options.seek(drag.t)
    }
    drag = undefined
  }

  function leave(): void {
    if (drag === undefined)
      hover.value = undefined
  }

  function cancel(event: PointerEvent): void {
    fingers.delete(event.pointerId)
    drag = undefined
    hover.value = undefined
  }

  function wheel(event: WheelEvent): void {
    if (timeline.showing.value === 'none')
      return
    event.preventDefault()
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1
    const { x } = place(event)
    const sideways = event.shiftKey ? event.deltaY + event.deltaX : event.deltaX
    const nsPerPixel = (timeline.range.value.to - timeline.range.value.from) / options.width()
    if (!event.ctrlKey && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)))
      timeline.pan(sideways * unit * nsPerPixel)
    else
      // A pinch arrives as small wheel steps with Ctrl held.
      timeline.zoom(NOTCH ** (-event.deltaY * unit / (event.ctrlKey ? 12 : 100)), timeAt(x))
  }

  onMounted(() => element.value?.addEventListener('wheel', wheel, { passive: false }))
  onBeforeUnmount(() => element.value?.removeEventListener('wheel', wheel))

  return { hover, timeAt, down, move, up, leave, cancel }
}
