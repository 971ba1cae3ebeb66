/** Where labels go so that they never lie on one another. Pure; pixels, y down. */

export interface Box { x: number, y: number, width: number, height: number }
export interface Point { x: number, y: number }

export function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/** Which boxes to show: greedily by priority, none over one already kept. */
export function declutter(boxes: readonly Box[], priority: ArrayLike<number>, taken: readonly Box[] = []): boolean[] {
  const order = boxes.map((_, i) => i).sort((a, b) => priority[b]! - priority[a]! || a - b)
  const kept: Box[] = [...taken]
  const shown = boxes.map(() => false)
  for (const i of order) {
    if (kept.some(box => overlaps(box, boxes[i]!)))
      continue
    kept.push(boxes[i]!)
    shown[i] = true
  }
  return shown
}

/** Boxes moved down, in their order, until each is clear of those before it and of what is `taken`, with a gap that keeps words apart. */
export function stack(boxes: readonly Box[], taken: readonly Box[] = [], gap = 10): Box[] {
  const kept: Box[] = [...taken]
  return boxes.map((box) => {
    const at = { ...box }
    for (let other = blocking(at); other !== undefined; other = blocking(at))
      at.y = other.y + other.height + 1
    kept.push(at)
    return at
  })

  function blocking(box: Box): Box | undefined {
    const wide = { ...box, x: box.x - gap, width: box.width + 2 * gap }
    return kept.find(other => overlaps(wide, other))
  }
}

/** Directions tried for a ticket, nearest the usual one (up and to the left) first; y down. */
const TURNS = [225, 255, 285, 195, 315, 165, 345, 135, 15, 105, 45, 75]
const REACHES = [26, 40, 56, 74, 96, 122, 152, 190]

/**
 * Centre of each ticket: the nearest free place around its anchor, clear of the other tickets, of what is already `taken`
 * and inside `bounds`; the usual place when there is none.
 */
export function placeTickets(anchors: readonly Point[], size: { width: number, height: number }, taken: readonly Box[], bounds: Box): Point[] {
  const kept: Box[] = [...taken]
  return anchors.map((anchor) => {
    const box = candidates(anchor, size).find(at => inside(at, bounds) && !kept.some(other => overlaps(padded(at, 2), other)))
      ?? candidates(anchor, size)[0]!
    kept.push(box)
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  })
}

function candidates(anchor: Point, { width, height }: { width: number, height: number }): Box[] {
  return REACHES.flatMap(reach => TURNS.map((turn) => {
    const angle = turn * Math.PI / 180
    return { x: anchor.x + reach * Math.cos(angle) - width / 2, y: anchor.y + reach * Math.sin(angle) - height / 2, width, height }
  }))
}

function inside(a: Box, b: Box): boolean {
  return a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height
}

function padded(a: Box, by: number): Box {
  return { x: a.x - by, y: a.y - by, width: a.width + 2 * by, height: a.height + 2 * by }
}
