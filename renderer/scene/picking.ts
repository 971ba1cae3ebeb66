/**
 * What is under a point: ids are drawn into a few pixels around it and read back without stalling the GPU.
 * A site under the very point wins. Otherwise a near site goes before the connections that are merely there to be seen, but after
 * those of a selected unit, which are there to be clicked.
 */
import type { Mesh, PerspectiveCamera, WebGLRenderer } from 'three'
import { PerspectiveCamera as Camera, NearestFilter, RGBAFormat, Scene, UnsignedByteType, WebGLRenderTarget } from 'three'

/** Pixels around the point; the region is 2 · REACH + 1 wide. */
const REACH = 6
const SIDE = 2 * REACH + 1
const EDGE_REACH = 5
const SITE_REACH = 4

export type Picked = { kind: 'site', flat: number } | { kind: 'edge', instance: number }

export class Picker {
  readonly scene = new Scene()
  readonly side = SIDE
  readonly #target = new WebGLRenderTarget(SIDE, SIDE, {
    format: RGBAFormat,
    type: UnsignedByteType,
    minFilter: NearestFilter,
    magFilter: NearestFilter,
    generateMipmaps: false,
  })

  readonly #camera = new Camera()

  /** Removes what was there and adds these. */
  show(meshes: readonly Mesh[]): void {
    this.scene.clear()
    if (meshes.length > 0)
      this.scene.add(...meshes)
  }

  /** Takes the renderer's clear colour to be 0, which is no id. `x`, `y` in pixels of a canvas `width` × `height`, y down; fractions are honoured. Undefined too where the GPU was lost meanwhile. */
  async pick(renderer: WebGLRenderer, camera: PerspectiveCamera, x: number, y: number, width: number, height: number, edgesFirst: boolean): Promise<Picked | undefined> {
    this.#camera.copy(camera)
    this.#camera.setViewOffset(width, height, x - SIDE / 2, y - SIDE / 2, SIDE, SIDE)
    this.#camera.updateProjectionMatrix()
    const bytes = new Uint8Array(4 * SIDE * SIDE)
    renderer.setRenderTarget(this.#target)
    renderer.render(this.scene, this.#camera)
    const reading = renderer.readRenderTargetPixelsAsync(this.#target, 0, 0, SIDE, SIDE, bytes)
    renderer.setRenderTarget(null)
    try {
      await reading
    }
    catch {
      return undefined
    }
    return nearest(bytes, edgesFirst)
  }

  dispose(): void {
    this.scene.clear()
    this.#target.dispose()
  }
}

/** Of a region of ids, [SIDE, SIDE, 4]: red, green, blue are the low to high bytes of id + 1; alpha 255 says site, 128 connection. */
export function nearest(bytes: Uint8Array, edgesFirst: boolean): Picked | undefined {
  const centre = read(bytes, REACH, REACH)
  if (centre?.kind === 'site')
    return centre
  let best: Picked | undefined
  let least = Number.POSITIVE_INFINITY
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const distance = Math.hypot(row - REACH, column - REACH)
      const found = distance <= EDGE_REACH ? read(bytes, row, column) : undefined
      const within = distance <= (found?.kind === 'site' ? SITE_REACH : EDGE_REACH)
      const cost = !within ? Number.POSITIVE_INFINITY : (found?.kind === 'edge') === edgesFirst ? distance : distance + SIDE
      if (found !== undefined && cost < least)
        [best, least] = [found, cost]
    }
  }
  return best
}

function read(bytes: Uint8Array, row: number, column: number): Picked | undefined {
  const at = 4 * (row * SIDE + column)
  const id = bytes[at]! + 256 * bytes[at + 1]! + 65536 * bytes[at + 2]!
  if (id === 0)
    return undefined
  return bytes[at + 3]! > 200 ? { kind: 'site', flat: id - 1 } : { kind: 'edge', instance: id - 1 }
}
