/** Turns pointer events of the canvas into hovers and clicks. A press that travels is orbiting and never a click. */

export interface PointerPlace {
  /** Pixels from the canvas' top left corner. */
  x: number
  y: number
}

export interface ClickKeys { shift: boolean, alt: boolean, mod: boolean }

export interface PointerListener {
  moved: (place: PointerPlace) => void
  left: () => void
  pressed: (place: PointerPlace) => void
  /** At the place where it was pressed. */
  clicked: (place: PointerPlace, keys: ClickKeys) => void
}

/** Pixels a press may travel and still be a click; a finger is less steady than a mouse. */
const SLACK = { mouse: 4, pen: 6, touch: 10 } as const

export function listenToPointer(canvas: HTMLElement, listener: PointerListener): () => void {
  const ended = new AbortController()
  const options = { signal: ended.signal }
  let press: { place: PointerPlace, pointer: number, strayed: boolean } | undefined

  const placeOf = (event: PointerEvent): PointerPlace => {
    const { left, top } = canvas.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }

  canvas.addEventListener('pointerdown', (event) => {
    // A second finger makes it a gesture; only the first button stimulates.
    if (!event.isPrimary || event.button !== 0)
      return press = undefined
    press = { place: placeOf(event), pointer: event.pointerId, strayed: false }
    listener.pressed(press.place)
  }, options)

  // On the window: the drag may leave the canvas.
  window.addEventListener('pointermove', (event) => {
    const place = placeOf(event)
    if (press?.pointer === event.pointerId) {
      const slack = SLACK[event.pointerType as keyof typeof SLACK] ?? SLACK.mouse
      press.strayed ||= Math.hypot(place.x - press.place.x, place.y - press.place.y) > slack
    }
    else if (press === undefined && event.target === canvas && event.buttons === 0) {
      listener.moved(place)
    }
  }, options)

  window.addEventListener('pointerup', (event) => {
    if (press?.pointer !== event.pointerId)
      return
    const { place, strayed } = press
    press = undefined
    if (!strayed)
      listener.clicked(place, { shift: event.shiftKey, alt: event.altKey, mod: event.ctrlKey || event.metaKey })
  }, options)

  window.addEventListener('pointercancel', () => press = undefined, options)
  canvas.addEventListener('pointerleave', () => listener.left(), options)
  return () => ended.abort()
}

/**
 * Asks about places one at a time, the newest next: while an answer is awaited, places in between are skipped.
 * Undefined needs no asking.
 */
export function following<T>(ask: (place: PointerPlace) => Promise<T | undefined>, found: (answer: T | undefined, place: PointerPlace | undefined) => void): (place: PointerPlace | undefined) => void {
  let wanted: PointerPlace | undefined
  let busy = false
  const next = async (): Promise<void> => {
    const place = wanted
    found(place === undefined ? undefined : await ask(place), place)
    if (place !== wanted)
      return next()
    busy = false
  }
  return (place) => {
    wanted = place
    if (busy)
      return
    busy = true
    void next().catch(() => busy = false)
  }
}
