/** The camera and how the user moves it: drag turns, right drag or two fingers shift, wheel comes nearer at the cursor. */
import type { FitRequest, Vector, View } from './fit'
import CameraControls from 'camera-controls'
import { Box3, MathUtils, Matrix4, PerspectiveCamera, Quaternion, Raycaster, Sphere, Spherical, Vector2, Vector3, Vector4 } from 'three'
import { fit } from './fit'

CameraControls.install({ THREE: { Box3, Matrix4, Quaternion, Raycaster, Sphere, Spherical, Vector2, Vector3, Vector4 } as never })

/** Vertical, degrees: narrow, so that far sheets are not much smaller than near ones. */
const FOV = 14
/** Where the camera first stands, seen from the middle: before the input, above it and to the side, so that the digit is upright and unmirrored. */
export const DIRECTION: Vector = [-0.64, 0.13, 0.77]

export class CameraRig {
  readonly camera = new PerspectiveCamera(FOV, 1, 1, 900)
  readonly #controls: CameraControls
  readonly #moved = new Set<() => void>()
  #byUser = false
  #reducedMotion: boolean

  constructor(canvas: HTMLElement, { reducedMotion, wake }: { reducedMotion: boolean, wake: () => void }) {
    this.#controls = new CameraControls(this.camera, canvas)
    this.#reducedMotion = reducedMotion
    const controls = this.#controls
    controls.minDistance = 4
    controls.maxDistance = 420
    controls.dollyToCursor = true
    controls.smoothTime = 0.18
    controls.draggingSmoothTime = 0.06
    controls.minPolarAngle = 0.12
    controls.maxPolarAngle = Math.PI - 0.12
    controls.mouseButtons.middle = CameraControls.ACTION.TRUCK
    controls.mouseButtons.right = CameraControls.ACTION.TRUCK
    controls.touches.two = CameraControls.ACTION.TOUCH_DOLLY_TRUCK
    controls.addEventListener('control', () => {
      this.#byUser = true
      wake()
    })
    controls.addEventListener('transitionstart', wake)
    this.setReducedMotion(reducedMotion)
  }

  setReducedMotion(reduced: boolean): void {
    this.#reducedMotion = reduced
    this.#controls.smoothTime = reduced ? 0 : 0.18
    this.#controls.draggingSmoothTime = reduced ? 0 : 0.06
  }

  resize(width: number, height: number): void {
    this.camera.aspect = width / height
    this.camera.updateProjectionMatrix()
  }

  /** Advances the controls by `seconds`; true while the camera moves. */
  update(seconds: number): boolean {
    const moved = this.#controls.update(seconds)
    if (moved && this.#byUser)
      this.#moved.forEach(listener => listener())
    return moved
  }

  /** True once the user has moved the camera away from where `show` or `frame` put it. */
  get moved(): boolean {
    return this.#byUser
  }

  onMoved(listener: () => void): () => void {
    this.#moved.add(listener)
    return () => this.#moved.delete(listener)
  }

  get view(): View {
    const position = this.#controls.getPosition(new Vector3(), true)
    const target = this.#controls.getTarget(new Vector3(), true)
    return { position: position.toArray(), target: target.toArray() }
  }

  show({ position, target }: View, animate: boolean): void {
    this.#byUser = false
    void this.#controls.setLookAt(...position, ...target, animate && !this.#reducedMotion)
    if (!animate || this.#reducedMotion)
      this.#controls.update(0)
  }

  /** Shows all points, from the direction the camera has or, with `fresh`, from the first one. */
  frame(request: Omit<FitRequest, 'direction' | 'fov'>, { animate, fresh }: { animate: boolean, fresh: boolean }): void {
    const { position, target } = this.view
    const direction = fresh ? DIRECTION : [0, 1, 2].map(i => position[i]! - target[i]!) as Vector
    this.show(fit({ ...request, direction, fov: MathUtils.degToRad(FOV) }), animate)
  }

  dispose(): void {
    this.#moved.clear()
    this.#controls.dispose()
  }
}
