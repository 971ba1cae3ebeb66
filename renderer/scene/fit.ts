/** Where a camera must stand to show some points inside a window. Pure. */

export type Vector = [number, number, number]
export interface Insets { top: number, right: number, bottom: number, left: number }
export interface View { position: Vector, target: Vector }

export interface FitRequest {
  /** Flat, [point][axis]. */
  points: ArrayLike<number>
  /** From the target to the camera, any length. */
  direction: Vector
  /** Vertical field of view, radians. */
  fov: number
  width: number
  height: number
  /** Pixels kept free at each side. */
  insets: Insets
  /** Never nearer than this to the middle of the points. */
  nearest?: number
}

/**
 * The nearest camera that sees all points inside the insets. Exact for perspective: each side of the window is a plane through
 * the camera whose slope is known, so the distance follows from the extreme points of opposite sides.
 */
export function fit({ points, direction, fov, width, height, insets, nearest = 0 }: FitRequest): View {
  const w = unit(direction)
  const u = unit(cross([0, 1, 0], w))
  const v = cross(w, u)
  const tanV = Math.tan(fov / 2)
  const tanH = tanV * width / height
  const slope = (inset: number, size: number): number => Math.max(0.1, 1 - 2 * inset / size)
  const horizontal = [slope(insets.right, width) * tanH, slope(insets.left, width) * tanH] as const
  const vertical = [slope(insets.top, height) * tanV, slope(insets.bottom, height) * tanV] as const
  const across = extremes(points, u, w, horizontal)
  const along = extremes(points, v, w, vertical)
  const middle = meanDepth(points, w)
  const depth = Math.max(
    (across[0] + across[1]) / (horizontal[0] + horizontal[1]),
    (along[0] + along[1]) / (vertical[0] + vertical[1]),
    middle + nearest,
  )
  const cu = centre(across, horizontal, depth)
  const cv = centre(along, vertical, depth)
  const at = (k: number): Vector => [0, 1, 2].map(i => cu * u[i]! + cv * v[i]! + k * w[i]!) as Vector
  return { position: at(depth), target: at(middle) }
}

/** Largest `u + s·w` and `−u + s'·w` over the points: how far each side plane must be pushed out. */
function extremes(points: ArrayLike<number>, axis: Vector, w: Vector, [plus, minus]: readonly [number, number]): [number, number] {
  let a = Number.NEGATIVE_INFINITY
  let b = Number.NEGATIVE_INFINITY
  for (let i = 0; i < points.length; i += 3) {
    const p = along(points, i, axis)
    const depth = along(points, i, w)
    a = Math.max(a, p + plus * depth)
    b = Math.max(b, -p + minus * depth)
  }
  return [a, b]
}

/** Equal slack on both sides. */
function centre([a, b]: [number, number], [plus, minus]: readonly [number, number], depth: number): number {
  return ((a - plus * depth) + (minus * depth - b)) / 2
}

function meanDepth(points: ArrayLike<number>, w: Vector): number {
  let sum = 0
  for (let i = 0; i < points.length; i += 3)
    sum += along(points, i, w)
  return sum / Math.max(1, points.length / 3)
}

function along(points: ArrayLike<number>, i: number, axis: Vector): number {
  return points[i]! * axis[0] + points[i + 1]! * axis[1] + points[i + 2]! * axis[2]
}

function unit(v: Vector): Vector {
  const length = Math.hypot(...v) || 1
  return [v[0] / length, v[1] / length, v[2] / length]
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
