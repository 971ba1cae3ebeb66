import { PerspectiveCamera, Vector3 } from 'three'
import { describe, expect, it } from 'vitest'
import { layoutOf } from '../../../preload/contract/layout'
import { DIRECTION } from '../../../renderer/scene/cameraRig'
import { cornersOf } from '../../../renderer/scene/describe'
import { fit } from '../../../renderer/scene/fit'

const layout = layoutOf({ kind: 'mlp', inputs: 784, hidden: [256, 128], outputs: 10, activation: 'relu' })
const points = cornersOf(layout)
const insets = { top: 30, right: 120, bottom: 70, left: 20 }

/** Where three's own camera sees the points, pixels. */
function seen(width: number, height: number, direction: [number, number, number]): { x: number, y: number }[] {
  const view = fit({ points, direction, fov: 14 * Math.PI / 180, width, height, insets })
  const camera = new PerspectiveCamera(14, width / height, 1, 1000)
  camera.position.set(...view.position)
  camera.lookAt(...view.target)
  camera.updateMatrixWorld()
  return Array.from({ length: points.length / 3 }, (_, i) => {
    const p = new Vector3().fromArray(points, 3 * i).project(camera)
    return { x: (p.x + 1) / 2 * width, y: (1 - p.y) / 2 * height }
  })
}

describe('fit', () => {
  it.each([[864, 626, DIRECTION], [500, 900, DIRECTION], [1600, 400, [1, 0.4, 0.2]], [700, 700, [0.1, -0.8, 1]]] as const)(
    'shows everything inside the insets and wastes nothing at %i × %i',
    (width, height, direction) => {
      const at = seen(width, height, [...direction])
      const [left, right] = [Math.min(...at.map(p => p.x)), Math.max(...at.map(p => p.x))]
      const [top, bottom] = [Math.min(...at.map(p => p.y)), Math.max(...at.map(p => p.y))]
      expect(left).toBeGreaterThanOrEqual(insets.left - 0.01)
      expect(right).toBeLessThanOrEqual(width - insets.right + 0.01)
      expect(top).toBeGreaterThanOrEqual(insets.top - 0.01)
      expect(bottom).toBeLessThanOrEqual(height - insets.bottom + 0.01)
      const slack = Math.min(left - insets.left + width - insets.right - right, top - insets.top + height - insets.bottom - bottom)
      expect(slack).toBeLessThan(0.1)
    },
  )

  it('stands no nearer than asked', () => {
    const view = fit({ points: [0, 0, 0], direction: [0, 0, 2], fov: 0.3, width: 100, height: 100, insets: { top: 0, right: 0, bottom: 0, left: 0 }, nearest: 9 })
    expect(view.position[2] - view.target[2]).toBeCloseTo(9)
  })
})

describe('the first view of the digits primary', () => {
  it('shows no sheet in front of another', () => {
    const at = seen(864, 626, DIRECTION)
    // Four corners a sheet, in order of computation.
    const spans = Array.from({ length: points.length / 12 }, (_, sheet) => at.slice(4 * sheet, 4 * sheet + 4).map(p => p.x))
    for (let sheet = 1; sheet < spans.length; sheet++)
      expect(Math.min(...spans[sheet]!)).toBeGreaterThan(Math.max(...spans[sheet - 1]!) + 20)
  })
})
