/** The scene put together: owns the renderer, the camera and the parts, and decides when a frame is drawn. */
import type { WebGLRenderer } from 'three'
import type { Connections } from '../../preload/contract/engine'
import type { Layout } from '../../preload/contract/layout'
import type { Architecture } from '../../preload/contract/primary'
import type { Wiring } from './edges'
import type { Insets, View } from './fit'
import type { Direction, SceneSite } from './neighbours'
import type { Ticket } from './overlay'
import type { PointerPlace } from './pointer'
import type { ClickEvent, EffectOptions, Hit, Projection2D, Scene, SceneOptions, ScenePresentation, SceneStats } from './scene'
import type { SceneTheme } from './theme'
import type { WireSet } from './wires'
import { Scene as ThreeScene, Vector3 } from 'three'
import { layoutOf } from '../../preload/contract/layout'
import { CameraRig } from './cameraRig'
import { createRenderer } from './createRenderer'
import { captionsOf, cornersOf, largestOf } from './describe'
import { FrameLoop, median } from './frameLoop'
import { firstUnit, neighbourOf } from './neighbours'
import { Overlay } from './overlay'
import { Picker } from './picking'
import { Plates } from './plates'
import { following, listenToPointer } from './pointer'
import { projectionOf, toScreen } from './projection'
import { flashing, pulsing, Rings, ringsFor } from './rings'
import { Sites } from './sites'
import { arrival, duration } from './wave'
import { Wires } from './wires'

/** Room for the legend, the captions and the names of the outputs, pixels. */
const INSETS: Insets = { top: 34, right: 118, bottom: 60, left: 34 }
/** Later than any wave. */
const SETTLED = 1e9

export class Stage implements Scene {
  readonly #canvas: HTMLCanvasElement
  readonly #renderer: WebGLRenderer
  readonly #three = new ThreeScene()
  readonly #rig: CameraRig
  readonly #overlay: Overlay
  readonly #picker = new Picker()
  readonly #rings = new Rings()
  readonly #wires: Wires
  readonly #loop: FrameLoop
  readonly #ended = new AbortController()
  readonly #undo: (() => void)[] = []
  readonly #hoverListeners = new Set<(hit: Hit | undefined, place: PointerPlace | undefined) => void>()
  readonly #clickListeners = new Set<(event: ClickEvent) => void>()
  readonly #rendererName: string
  readonly #software: boolean
  #theme: SceneTheme
  #reducedMotion: boolean
  #layout: Layout | undefined
  #sites: Sites | undefined
  #plates: Plates | undefined
  #size = { width: 1, height: 1, ratio: 1 }
  #insets = INSETS
  #selection: SceneSite | undefined
  #hover: Hit | undefined
  #tags: readonly Ticket[] = []
  #baseline: Float32Array | undefined
  #stimulated = false
  #wave: { started: number, origin: number } | undefined
  #flash: { started: number, site: SceneSite } | undefined
  #target: { started: number, site: SceneSite } | undefined
  #pressed: Promise<Hit | undefined> | undefined
  /** Probabilities to show once the wave has reached the outputs. */
  #answer: { due: number, now: Float32Array | undefined, before: Float32Array | undefined } | undefined
  #relabel = true
  #warmed = false
  #drawCalls = 0

  constructor(canvas: HTMLCanvasElement, overlay: HTMLElement, { theme, reducedMotion, onContext }: SceneOptions) {
    this.#canvas = canvas
    this.#theme = theme
    this.#reducedMotion = reducedMotion
    const { renderer, name, software } = createRenderer(canvas)
    this.#renderer = renderer
    this.#rendererName = name
    this.#software = software
    this.#loop = new FrameLoop({ draw: (now, elapsed) => this.#draw(now, elapsed) })
    this.#rig = new CameraRig(canvas, { reducedMotion, wake: () => this.#loop.invalidate() })
    this.#overlay = new Overlay(overlay)
    this.#wires = new Wires(theme)
    this.#three.add(...this.#wires.meshes, this.#rings.mesh)
    this.setTheme(theme)
    this.#watch(onContext)
  }

  setArchitecture(architecture: Architecture | undefined, classNames: readonly string[] = [], inputShape: readonly number[] = []): void {
    this.#clear()
    this.#layout = architecture === undefined ? undefined : layoutOf(architecture)
    if (this.#layout !== undefined) {
      this.#sites = new Sites(this.#layout, this.#theme)
      this.#plates = new Plates(this.#layout, this.#theme)
      this.#three.add(this.#plates.mesh, ...this.#sites.meshes)
      const outputs = this.#layout.sheets.at(-1)!.size
      this.#overlay.setTexts(captionsOf(this.#layout, inputShape), Array.from({ length: Math.min(outputs, 200) }, (_, i) => classNames[i] ?? String(i)))
      this.#frameAll(false)
    }
    this.#showPickable()
    this.#changed()
    this.#warm()
  }

  setPresentation(presentation: ScenePresentation | undefined): void {
    const sites = this.#sites
    if (sites === undefined || this.#layout === undefined)
      return
    const last = this.#layout.sheets.length - 1
    this.#layout.sheets.forEach((_, sheet) => {
      if (presentation === undefined)
        return sites.setActivity(sheet, [], 1)
      if (sheet === 0)
        return sites.setActivity(0, presentation.input, 1)
      if (sheet === last)
        return sites.setActivity(sheet, presentation.probabilities, 1)
      const values = presentation.activations[sheet - 1] ?? []
      sites.setActivity(sheet, values, presentation.largest?.[sheet - 1] ?? largestOf(values))
    })
    this.#baseline = presentation?.probabilities
    this.#answer = { due: 0, now: this.#baseline, before: undefined }
    this.#wave = undefined
    this.#changed()
  }

  setEffect(perSheet: readonly ArrayLike<number>[] | undefined, options?: EffectOptions): void {
    if (this.#sites === undefined || this.#layout === undefined)
      return
    const { scale = 1, animate = 'none', origin = 0, quiet = false, probabilities } = options ?? {}
    const sheets = this.#layout.sheets.length
    const scales = typeof scale === 'number' ? this.#layout.sheets.map(() => scale) : scale
    this.#sites.setEffect(perSheet, scales, origin, this.#sinceWave(performance.now()))
    this.#wires.setDifference(perSheet, scales)
    this.#stimulated = perSheet !== undefined && !quiet
    this.#wave = perSheet !== undefined && animate === 'wave' && !this.#reducedMotion ? { started: performance.now(), origin } : undefined
    const last = this.#wave === undefined ? 0 : arrival(sheets - 1, origin)
    this.#answer = { due: performance.now() + last, now: probabilities ?? this.#baseline, before: probabilities === undefined ? undefined : this.#baseline }
    this.#wires.ink(this.#stimulated)
    this.#changed()
  }

  setOpacity(perSheet: readonly (ArrayLike<number> | undefined)[] | undefined): void {
    this.#sites?.setOpacity(perSheet)
    this.#loop.invalidate()
  }

  setEdges(connections: Connections | undefined): void {
    this.#wire('strongest', connections)
  }

  setFocusEdges(connections: Wiring | undefined): void {
    this.#wire('selected', connections)
  }

  setCircuitEdges(wiring: Wiring | undefined): void {
    this.#wire('circuit', wiring)
  }

  setSelection(site: SceneSite | undefined): void {
    this.#selection = this.#exists(site) ? site : undefined
    this.#loop.invalidate()
  }

  setTarget(site: SceneSite | undefined): void {
    const same = site !== undefined && site.sheet === this.#target?.site.sheet && site.index === this.#target.site.index
    if (!same)
      this.#target = this.#exists(site) ? { started: this.#reducedMotion ? Number.NEGATIVE_INFINITY : performance.now(), site } : undefined
    this.#loop.invalidate()
  }

  setHover(hit: Hit | undefined): void {
    this.#hover = hit?.kind === 'site' && !this.#exists(hit) ? undefined : hit
    this.#wires.hover(hit?.kind === 'edge' ? hit.edge : undefined)
    this.#loop.invalidate()
  }

  setTags(tags: readonly Ticket[]): void {
    this.#tags = tags.filter(tag => this.#exists(tag))
    this.#overlay.setTags(this.#tags)
    this.#changed()
  }

  flash(site: SceneSite): void {
    if (!this.#exists(site) || this.#reducedMotion)
      return
    this.#flash = { started: performance.now(), site }
    this.#loop.invalidate()
  }

  setTheme(theme: SceneTheme): void {
    this.#theme = theme
    // Painted once by the browser, never by the GPU.
    this.#canvas.style.background = `radial-gradient(ellipse 78% 88% at 44% 46%, ${theme.glow}, ${theme.ground})`
    for (const part of [this.#sites, this.#plates, this.#wires, this.#overlay])
      part?.setTheme(theme)
    this.#wires.ink(this.#stimulated)
    this.#changed()
  }

  setReducedMotion(reduced: boolean): void {
    this.#reducedMotion = reduced
    this.#rig.setReducedMotion(reduced)
    if (reduced)
      this.#wave = this.#flash = undefined
    this.#loop.invalidate()
  }

  setInsets(insets: Insets): void {
    this.#insets = insets
    if (!this.#rig.moved)
      this.#frameAll(false)
    this.#changed()
  }

  frame(site?: SceneSite): void {
    if (this.#layout === undefined || this.#sites === undefined)
      return
    if (site === undefined || !this.#exists(site))
      return this.#frameAll(true)
    const { x, y, z } = this.#sites.position(site.sheet, site.index, new Vector3())
    const around = 4 * this.#layout.sheets[site.sheet]!.pitch
    const points = [x, y + around, z + around, x, y - around, z - around, x, y + around, z - around, x, y - around, z + around]
    this.#rig.frame({ points, ...this.#size, insets: this.#insets, nearest: 8 }, { animate: true, fresh: false })
    this.#loop.invalidate()
  }

  getView(): View {
    return this.#rig.view
  }

  setView(view: View, animate: boolean): void {
    this.#rig.show(view, animate)
    this.#changed()
  }

  onView(listener: (view: View) => void): () => void {
    return this.#rig.onMoved(() => listener(this.#rig.view))
  }

  async pick(x: number, y: number): Promise<Hit | undefined> {
    if (this.#sites === undefined || this.#layout === undefined || this.#renderer.getContext().isContextLost())
      return undefined
    const labelled = this.#overlay.at({ x, y }, this.#layout.sheets.length - 1)
    if (labelled !== undefined)
      return { kind: 'site', ...labelled }
    const sites = this.#sites
    const edges = this.#wires.pickable
    this.#aim()
    edges.setPickViewport(this.#picker.side)
    const picked = await this.#picker.pick(this.#renderer, this.#rig.camera, x, y, this.#size.width, this.#size.height, this.#wires.pickedFirst)
    // The primary may have been changed while the GPU answered.
    if (picked === undefined || sites !== this.#sites)
      return undefined
    if (picked.kind === 'edge') {
      const edge = edges.edgeAt(picked.instance)
      return edge === undefined ? undefined : { kind: 'edge', edge }
    }
    const site = sites.siteAt(picked.flat)
    return site === undefined ? undefined : { kind: 'site', ...site }
  }

  project(sheet: number, index: number): Projection2D | undefined {
    if (this.#sites === undefined || !this.#exists({ sheet, index }))
      return undefined
    this.#aim()
    return toScreen(this.#sites.position(sheet, index, new Vector3()), this.#sites.radius(sheet, index), this.#rig.camera, this.#size)
  }

  onHover(listener: (hit: Hit | undefined, place: PointerPlace | undefined) => void): () => void {
    this.#hoverListeners.add(listener)
    return () => this.#hoverListeners.delete(listener)
  }

  onClick(listener: (event: ClickEvent) => void): () => void {
    this.#clickListeners.add(listener)
    return () => this.#clickListeners.delete(listener)
  }

  moveSelection(direction: Direction): SceneSite | undefined {
    if (this.#layout === undefined)
      return undefined
    const site = this.#selection === undefined ? firstUnit(this.#layout) : neighbourOf(this.#layout, this.#selection, direction)
    if (site !== undefined)
      this.setSelection(site)
    return site
  }

  stats(): SceneStats {
    const { geometries, textures } = this.#renderer.info.memory
    return {
      ...this.#loop.times,
      drawCalls: this.#drawCalls,
      sites: this.#sites?.count ?? 0,
      edges: this.#wires.count,
      geometries,
      textures,
      renderer: this.#rendererName,
    }
  }

  measure(frames: number): number {
    const gl = this.#renderer.getContext()
    const pixel = new Uint8Array(4)
    const times = Array.from({ length: frames }, () => {
      const begun = performance.now()
      this.#render(begun)
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel)
      return performance.now() - begun
    })
    return median(times) ?? 0
  }

  dispose(): void {
    this.#ended.abort()
    this.#loop.stop()
    this.#clear()
    this.#undo.forEach(undo => undo())
    for (const part of [this.#wires, this.#rings, this.#picker, this.#rig, this.#overlay, this.#renderer])
      part.dispose()
  }

  #watch(onContext: SceneOptions['onContext']): void {
    const options = { signal: this.#ended.signal }
    this.#canvas.addEventListener('webglcontextlost', () => {
      this.#loop.stop()
      onContext?.('lost')
    }, options)
    this.#canvas.addEventListener('webglcontextrestored', () => {
      this.#loop.start()
      onContext?.('restored')
    }, options)
    const resized = new ResizeObserver(() => this.#resize())
    resized.observe(this.#canvas.parentElement ?? this.#canvas)
    const follow = following((place: PointerPlace) => this.pick(place.x, place.y), (hit, place) => this.#hoverFound(hit, place))
    this.#undo.push(() => resized.disconnect(), listenToPointer(this.#canvas, {
      moved: follow,
      left: () => follow(undefined),
      pressed: (place) => { this.#pressed = this.pick(place.x, place.y) },
      clicked: (place, keys) => {
        void this.#pressed?.then(hit => this.#clickListeners.forEach(listener => listener({ hit, place, ...keys })))
      },
    }))
    this.#resize()
  }

  #resize(): void {
    const { width, height } = (this.#canvas.parentElement ?? this.#canvas).getBoundingClientRect()
    if (width < 1 || height < 1)
      return
    // Software drawing pays for every pixel; two device pixels to one are enough for anyone.
    const ratio = Math.min(globalThis.devicePixelRatio || 1, this.#software ? 1 : 2)
    this.#size = { width, height, ratio }
    this.#renderer.setPixelRatio(ratio)
    this.#renderer.setSize(width, height)
    this.#rig.resize(width, height)
    if (!this.#rig.moved)
      this.#frameAll(false)
    this.#relabel = true
    // At once: a canvas that was resized is blank until it is drawn, and a blank frame flickers.
    if (!this.#renderer.getContext().isContextLost())
      this.#draw(performance.now(), 0)
    this.#loop.invalidate()
  }

  #clear(): void {
    if (this.#sites !== undefined)
      this.#three.remove(...this.#sites.meshes)
    if (this.#plates !== undefined)
      this.#three.remove(this.#plates.mesh)
    this.#sites?.dispose()
    this.#plates?.dispose()
    this.#layout = this.#sites = this.#plates = undefined
    this.#selection = this.#hover = this.#wave = this.#flash = this.#target = this.#baseline = this.#answer = undefined
    this.#stimulated = false
    this.#wires.clear()
    this.#overlay.setTexts([], [])
    this.setTags([])
  }

  #frameAll(animate: boolean): void {
    if (this.#layout === undefined)
      return
    this.#rig.frame({ points: cornersOf(this.#layout), ...this.#size, insets: this.#insets }, { animate, fresh: true })
    this.#loop.invalidate()
  }

  /** Picks once after the first frame, so that the first click does not wait for shaders to be compiled; they are kept for every primary after it. */
  #warm(): void {
    if (this.#layout === undefined || this.#warmed)
      return
    this.#warmed = true
    requestAnimationFrame(() => setTimeout(() => void this.pick(this.#size.width / 2, this.#size.height / 2), 0))
  }

  #exists(site: SceneSite | undefined): site is SceneSite {
    return site !== undefined && site.index >= 0 && site.index < (this.#layout?.sheets[site.sheet]?.size ?? 0)
  }

  /** A connection that was pointed at may be gone with its set. */
  #wire(which: WireSet, wiring: Wiring | undefined): void {
    this.#wires.set(which, wiring, this.#layout)
    this.#showPickable()
    this.#wires.ink(this.#stimulated)
    this.setHover(this.#hover?.kind === 'edge' ? undefined : this.#hover)
    this.#loop.invalidate()
  }

  #showPickable(): void {
    this.#picker.show(this.#sites === undefined ? [] : [...this.#sites.pickMeshes, this.#wires.pickable.pickMesh])
  }

  #changed(): void {
    this.#relabel = true
    this.#loop.invalidate()
  }

  #sinceWave(now: number): number {
    return this.#wave === undefined ? SETTLED : Math.max(0, now - this.#wave.started)
  }

  #hoverFound(hit: Hit | undefined, place: PointerPlace | undefined): void {
    this.setHover(hit)
    this.#canvas.style.cursor = hit === undefined ? '' : 'crosshair'
    this.#hoverListeners.forEach(listener => listener(hit, place))
  }

  #draw(now: number, elapsed: number): boolean {
    const moving = this.#rig.update(Math.min(0.1, elapsed / 1000))
    if (this.#wave !== undefined && now - this.#wave.started > duration(this.#layout?.sheets.length ?? 0, this.#wave.origin))
      this.#wave = undefined
    if (this.#flash !== undefined && !flashing(now - this.#flash.started))
      this.#flash = undefined
    if (this.#answer !== undefined && (this.#wave === undefined || now >= this.#answer.due)) {
      this.#overlay.setProbabilities(this.#answer.now, this.#answer.before)
      this.#answer = undefined
      this.#relabel = true
    }
    this.#render(now)
    if (moving || this.#relabel)
      this.#label()
    this.#relabel = false
    return moving || this.#wave !== undefined || this.#flash !== undefined || (this.#target !== undefined && pulsing(now - this.#target.started))
  }

  #render(now: number): void {
    this.#aim()
    const since = this.#sinceWave(now)
    const { camera } = this.#rig
    const { width, height, ratio } = this.#size
    const pixel = 2 * Math.tan(camera.fov * Math.PI / 360) / (height * ratio)
    const distance = camera.position.length()
    const fog: [number, number] = [Math.max(1, distance - 6), distance + 70]
    this.#sites?.sort(camera.position.toArray())
    this.#sites?.frame(since, pixel, fog)
    this.#wires.frame(since, this.#wave?.origin ?? 0, { width: width * ratio, height: height * ratio, ratio }, fog)
    if (this.#sites !== undefined) {
      const flash = this.#flash && { site: this.#flash.site, age: now - this.#flash.started }
      const target = this.#target && { site: this.#target.site, age: now - this.#target.started }
      this.#rings.set(ringsFor({ selection: this.#selection, hover: this.#hover, flash, target }, this.#sites, this.#theme), pixel, ratio)
    }
    this.#renderer.render(this.#three, camera)
    this.#drawCalls = this.#renderer.info.render.calls
  }

  /** Brings the camera's matrices up to date with where the controls put it. */
  #aim(): void {
    this.#rig.camera.updateMatrixWorld()
  }

  #label(): void {
    if (this.#sites !== undefined && this.#layout !== undefined)
      this.#overlay.place(projectionOf(this.#layout, this.#sites, this.#rig.camera, this.#size))
  }
}
