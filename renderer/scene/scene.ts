/**
 * The scene's interface: everything the rest of the renderer may know of the 3D view. Typed arrays and site numbers in, hits out;
 * no Vue, no client, no addresses. The implementation is `stage.ts`.
 */
import type { Connections } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import type { SceneEdge, Wiring } from './edges'
import type { Insets, View } from './fit'
import type { Direction, SceneSite } from './neighbours'
import type { Ticket } from './overlay'
import type { ClickKeys, PointerPlace } from './pointer'
import type { SceneTheme } from './theme'
import { Stage } from './stage'

export type { ClickKeys, Direction, Insets, PointerPlace, SceneEdge, SceneSite, SceneTheme, Ticket, View, Wiring }
export { effectGradient } from './effectScale'
export { sceneThemes } from './theme'

/** `sheet` 0 is the input, sheet n the units of `layers.(n − 1)`. */
export type Hit = { kind: 'site', sheet: number, index: number } | { kind: 'edge', edge: SceneEdge }

export interface SceneOptions {
  theme: SceneTheme
  reducedMotion: boolean
  /** The GPU was taken away (nothing is drawn) or given back (all is drawn again). */
  onContext?: (state: 'lost' | 'restored') => void
}

/** An item as the primary sees it without stimulation. */
export interface ScenePresentation {
  /** Brightness of each pixel, 0…1. */
  input: ArrayLike<number>
  /** One array per layer, the last being the logits. Units are sized by |activation|, outputs by probability. */
  activations: readonly ArrayLike<number>[]
  probabilities: Float32Array
  /** |activation| drawn largest, per layer. The largest of each layer unless told. */
  largest?: readonly number[]
}

export interface EffectOptions {
  /** Effect drawn in the full colour of its sign: one for all sheets, or one for each. */
  scale: number | readonly number[]
  /** `wave` runs forward from `origin`; `none` sets all at once, as during a drag. */
  animate: 'wave' | 'none'
  /** Sheet that was stimulated. */
  origin: number
  /** Nothing is stimulated: connections stay as quiet as they are without an effect. */
  quiet?: boolean
  /** Probabilities under stimulation, for the labels. */
  probabilities?: Float32Array
}

export interface ClickEvent extends ClickKeys { hit: Hit | undefined, place: PointerPlace }

export interface SceneStats {
  /** Median ms between frames while something moves, and the main thread's share. */
  frameMs: number | undefined
  cpuMs: number | undefined
  drawCalls: number
  sites: number
  edges: number
  /** Held on the GPU. */
  geometries: number
  textures: number
  /** Name of what draws, as the browser tells it. */
  renderer: string
}

export interface Projection2D {
  x: number
  y: number
  /** Pixels. */
  radius: number
  /** Scene units from the camera. */
  distance: number
  /** In front of the camera. */
  visible: boolean
}

export interface Scene {
  /** Undefined empties the scene. Everything set for the sites before is forgotten. */
  setArchitecture: (architecture: Architecture | undefined, classNames?: readonly string[], inputShape?: readonly number[]) => void
  setPresentation: (presentation: ScenePresentation | undefined) => void
  /** Signed effect per sheet, the input first. Undefined: nothing is stimulated. */
  setEffect: (perSheet: readonly (ArrayLike<number>)[] | undefined, options?: EffectOptions) => void
  /** Gate or membership probability per sheet, 0…1; a sheet that is not asked about is undefined. Undefined as a whole: all opaque. */
  setOpacity: (perSheet: readonly (ArrayLike<number> | undefined)[] | undefined) => void
  setEdges: (connections: Connections | undefined) => void
  /** Those of the selected unit: brighter, and the only ones under the cursor while there are any. */
  setFocusEdges: (connections: Wiring | undefined) => void
  /** Those of a circuit, in place of the strongest: each with its own colour, under the cursor where nothing is selected. */
  setCircuitEdges: (wiring: Wiring | undefined) => void
  setSelection: (site: SceneSite | undefined) => void
  /** Where the electrode goes next: lit, and pulsing for a moment when it changes. */
  setTarget: (site: SceneSite | undefined) => void
  setHover: (hit: Hit | undefined) => void
  setTags: (tags: readonly Ticket[]) => void
  /** The electrode touches a site: at the click, before the answer is there. */
  flash: (site: SceneSite) => void
  setTheme: (theme: SceneTheme) => void
  setReducedMotion: (reduced: boolean) => void
  /** Pixels at each side that panels over the canvas cover. */
  setInsets: (insets: Insets) => void

  /** Everything from the first direction, or one site with its surroundings. */
  frame: (site?: SceneSite) => void
  getView: () => View
  setView: (view: View, animate: boolean) => void
  /** The user moved the camera; in every frame in which it moves. */
  onView: (listener: (view: View) => void) => () => void

  /** Pixels from the canvas' top left corner. */
  pick: (x: number, y: number) => Promise<Hit | undefined>
  project: (sheet: number, index: number) => Projection2D | undefined
  onHover: (listener: (hit: Hit | undefined, place: PointerPlace | undefined) => void) => () => void
  onClick: (listener: (event: ClickEvent) => void) => () => void
  /** Selects the neighbouring unit, the first one when none is, and returns it; undefined at the border. */
  moveSelection: (direction: Direction) => SceneSite | undefined

  stats: () => SceneStats
  /** Draws `frames` frames, each waited for, and returns their median ms. For benchmarks: it blocks. */
  measure: (frames: number) => number
  dispose: () => void
}

/** `overlay` is an empty element that lies over the canvas and is as large. */
export function createScene(canvas: HTMLCanvasElement, overlay: HTMLElement, options: SceneOptions): Scene {
  return new Stage(canvas, overlay, options)
}
