/** From scene units to pixels of the canvas, for labels, picking tests and panels that point at a site. */
import type { PerspectiveCamera } from 'three'
import type { Layout } from '../../preload/contract/layout'
import type { Projection } from './overlay'
import type { Projection2D } from './scene'
import type { Sites } from './sites'
import { Vector3 } from 'three'

interface Size { width: number, height: number }

/** `point` is overwritten. The camera's matrices must be up to date. */
export function toScreen(point: Vector3, radius: number, camera: PerspectiveCamera, { width, height }: Size): Projection2D {
  const distance = -point.applyMatrix4(camera.matrixWorldInverse).z
  const { x, y } = point.applyMatrix4(camera.projectionMatrix)
  return {
    x: (x + 1) / 2 * width,
    y: (1 - y) / 2 * height,
    radius: radius * height / (2 * Math.tan(camera.fov * Math.PI / 360) * Math.max(0.1, distance)),
    distance,
    visible: distance > camera.near,
  }
}

export function projectionOf(layout: Layout, sites: Sites, camera: PerspectiveCamera, size: Size): Projection {
  const site = (sheet: number, index: number): Projection2D =>
    toScreen(sites.position(sheet, index, new Vector3()), sites.radius(sheet, index), camera, size)
  return {
    site,
    output: index => site(layout.sheets.length - 1, index),
    caption: (sheet) => {
      const { x, rows, pitch } = layout.sheets[sheet]!
      return toScreen(new Vector3(x, -(rows / 2 + 0.6) * pitch - 0.4, 0), 0, camera, size)
    },
    ...size,
  }
}
