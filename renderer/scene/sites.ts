/**
 * All sites of the primary: tiles for the input, spheres for the units. Holds their values in float textures (one texel per
 * site, sheets one after another) and draws each kind with one call. Made for 100,000 sites and more.
 */
import type { Layout } from '../../preload/contract/layout'
import type { Vector } from './fit'
import type { SceneTheme } from './theme'
import { BufferAttribute, BufferGeometry, DataTexture, FloatType, GLSL3, Mesh, NearestFilter, NoBlending, NormalBlending, RawShaderMaterial, RedFormat, RedIntegerFormat, RGBAFormat, RGFormat, UnsignedIntType, Vector2, Vector3 } from 'three'
import { drawingOrder } from './drawingOrder'
import { effectLookup, LOOKUP_SIZE, rgbOf } from './effectScale'
import { RADIUS_LEAST, RADIUS_MOST, sphereFragment, sphereVertex, tileFragment, tileVertex } from './siteShaders'
import { arrival, progress } from './wave'

const TEXTURE_WIDTH = 256

export class Sites {
  readonly meshes: Mesh[]
  readonly pickMeshes: Mesh[]
  /** Index of the first site of each sheet in the flat arrays; one more entry than sheets. */
  readonly offsets: number[]
  readonly count: number
  readonly #layout: Layout
  readonly #textures: Record<'places' | 'sheets' | 'activity' | 'effects' | 'opacities', DataTexture>
  readonly #values: { activity: Float32Array, effects: Float32Array, opacities: Float32Array, sheets: Float32Array }
  readonly #uniforms: ReturnType<typeof uniformsOf>
  readonly #order: DataTexture
  readonly #translucent: Mesh
  readonly #geometries: BufferGeometry[]
  #sortedFor: Vector | undefined
  #origin = 0

  constructor(layout: Layout, theme: SceneTheme) {
    this.#layout = layout
    this.offsets = layout.sheets.reduce((sums, { size }) => [...sums, sums.at(-1)! + size], [0])
    this.count = this.offsets.at(-1)!
    this.#values = {
      activity: rows(this.count, 1),
      effects: rows(this.count, 2),
      opacities: rows(this.count, 1).fill(1),
      sheets: sheetRow(layout),
    }
    this.#textures = {
      places: texture(placesOf(layout, this.count), RGBAFormat, TEXTURE_WIDTH),
      sheets: texture(this.#values.sheets, RGBAFormat, layout.sheets.length),
      activity: texture(this.#values.activity, RedFormat, TEXTURE_WIDTH),
      effects: texture(this.#values.effects, RGFormat, TEXTURE_WIDTH),
      opacities: texture(this.#values.opacities, RedFormat, TEXTURE_WIDTH),
    }
    this.#order = orderTexture(this.count - this.offsets[1]!)
    this.#uniforms = uniformsOf(this.#textures, this.#order)
    const tiles = quads(this.offsets[1]!)
    const spheres = quads(this.count - this.offsets[1]!)
    this.#geometries = [tiles, spheres]
    this.#translucent = mesh(spheres, this.#material(sphereVertex, sphereFragment, { phase: 1 }), 5)
    this.#translucent.visible = false
    this.meshes = [
      mesh(tiles, this.#material(tileVertex, tileFragment, {}), 1),
      mesh(spheres, this.#material(sphereVertex, sphereFragment, { phase: 0 }), 2),
      this.#translucent,
    ]
    this.pickMeshes = [
      mesh(tiles, this.#material(tileVertex, tileFragment, { pick: true }), 1),
      mesh(spheres, this.#material(sphereVertex, sphereFragment, { pick: true }), 2),
    ]
    this.setTheme(theme)
  }

  setTheme(theme: SceneTheme): void {
    const { lookup, ground, ink, off, on, relief } = this.#uniforms
    lookup.value.image.data!.set(effectLookup(theme))
    lookup.value.needsUpdate = true
    ground.value.set(...rgbOf(theme.ground))
    ink.value.set(...rgbOf(theme.ink))
    off.value.set(...rgbOf(theme.pixelOff))
    on.value.set(...rgbOf(theme.pixelOn))
    relief.value = theme.relief
  }

  /** 0…1 per site: brightness of a pixel, size of a unit. */
  setActivity(sheet: number, values: ArrayLike<number>, scale: number): void {
    const start = this.offsets[sheet]!
    for (let i = 0; i < this.#layout.sheets[sheet]!.size; i++)
      this.#values.activity[start + i] = scale > 0 ? Math.min(1, Math.abs(values[i] ?? 0) / scale) : 0
    this.#textures.activity.needsUpdate = true
  }

  setOpacity(perSheet: readonly (ArrayLike<number> | undefined)[] | undefined): void {
    const { opacities, sheets } = this.#values
    opacities.fill(1)
    let translucent = false
    this.#layout.sheets.forEach((_, sheet) => { sheets[4 * sheet + 1] = perSheet?.[sheet] === undefined ? 0 : 1 })
    perSheet?.forEach((values, sheet) => {
      for (let i = 0; i < Math.min(values?.length ?? 0, this.#layout.sheets[sheet]?.size ?? 0); i++) {
        opacities[this.offsets[sheet]! + i] = Math.max(0, Math.min(1, values![i]!))
        translucent ||= values![i]! < 1
      }
    })
    this.#translucent.visible = translucent
    this.#textures.sheets.needsUpdate = true
    this.#textures.opacities.needsUpdate = true
  }

  /** From what is shown `now` to `perSheet / scale`, sheet after sheet from `origin`. */
  setEffect(perSheet: readonly ArrayLike<number>[] | undefined, scales: readonly number[], origin: number, now: number): void {
    const { effects, sheets } = this.#values
    this.#layout.sheets.forEach(({ size }, sheet) => {
      const shown = progress(sheet, this.#origin, now)
      const scale = scales[sheet] ?? 1
      for (let i = 0; i < size; i++) {
        const at = 2 * (this.offsets[sheet]! + i)
        effects[at] = effects[at]! + shown * (effects[at + 1]! - effects[at]!)
        effects[at + 1] = scale > 0 ? (perSheet?.[sheet]?.[i] ?? 0) / scale : 0
      }
      sheets[4 * sheet + 2] = arrival(sheet, origin)
    })
    this.#origin = origin
    this.#textures.effects.needsUpdate = true
    this.#textures.sheets.needsUpdate = true
  }

  /** `pixel` is the size of a CSS pixel at distance 1; `fog` the distances between which sites fade towards the ground. */
  frame(now: number, pixel: number, fog: [number, number]): void {
    this.#uniforms.now.value = now
    this.#uniforms.pixel.value = pixel
    this.#uniforms.fog.value.set(...fog)
  }

  /** Sorts far to near when the camera has moved enough to matter: soft rims blend with what lies behind them. */
  sort(camera: Vector): void {
    if (this.#sortedFor !== undefined && nearly(camera, this.#sortedFor))
      return
    this.#sortedFor = camera
    const start = this.offsets[1]!
    drawingOrder(this.#textures.places.image.data as Float32Array, start, this.count, camera, this.#order.image.data as Uint32Array)
    this.#order.needsUpdate = true
  }

  position(sheet: number, index: number, out: Vector3): Vector3 {
    return out.fromArray(this.#layout.positions[sheet]!, 3 * index)
  }

  /** As drawn, in scene units. */
  radius(sheet: number, index: number): number {
    const { pitch } = this.#layout.sheets[sheet]!
    const activity = this.#values.activity[this.offsets[sheet]! + index]!
    return sheet === 0 ? 0.62 * pitch : pitch * (RADIUS_LEAST + (RADIUS_MOST - RADIUS_LEAST) * Math.sqrt(activity))
  }

  siteAt(flat: number): { sheet: number, index: number } | undefined {
    if (flat < 0 || flat >= this.count)
      return undefined
    const sheet = this.offsets.findIndex((_, i) => flat < (this.offsets[i + 1] ?? 0))
    return { sheet, index: flat - this.offsets[sheet]! }
  }

  /** Not of its materials: with the last of them three would throw the compiled shaders away, and the next primary would wait for them again. */
  dispose(): void {
    for (const geometry of this.#geometries)
      geometry.dispose()
    for (const one of [...Object.values(this.#textures), this.#order, this.#uniforms.lookup.value])
      one.dispose()
  }

  #material(vertexShader: string, fragmentShader: string, { phase = 0, pick = false }): RawShaderMaterial {
    return new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader,
      fragmentShader,
      defines: pick ? { PICK: 1 } : {},
      uniforms: { ...this.#uniforms, phase: { value: phase } },
      transparent: !pick,
      blending: pick ? NoBlending : NormalBlending,
      depthWrite: phase === 0,
      side: 2,
    })
  }
}

function uniformsOf(textures: Record<'places' | 'sheets' | 'activity' | 'effects' | 'opacities', DataTexture>, order: DataTexture) {
  return {
    order: { value: order },
    places: { value: textures.places },
    sheets: { value: textures.sheets },
    activity: { value: textures.activity },
    effects: { value: textures.effects },
    opacities: { value: textures.opacities },
    lookup: { value: new DataTexture(new Uint8Array(4 * LOOKUP_SIZE), LOOKUP_SIZE, 1) },
    ground: { value: new Vector3() },
    ink: { value: new Vector3() },
    off: { value: new Vector3() },
    on: { value: new Vector3() },
    relief: { value: 1 },
    now: { value: 1e9 },
    pixel: { value: 0.001 },
    fog: { value: new Vector2(0, 1) },
  }
}

function rows(count: number, channels: number): Float32Array {
  return new Float32Array(Math.max(1, Math.ceil(count / TEXTURE_WIDTH)) * TEXTURE_WIDTH * channels)
}

/** x, y, z and sheet of every site. */
function placesOf({ positions }: Layout, count: number): Float32Array {
  const places = rows(count, 4)
  let at = 0
  positions.forEach((sheet, number) => {
    for (let i = 0; i < sheet.length; i += 3) {
      places.set([sheet[i]!, sheet[i + 1]!, sheet[i + 2]!, number], at)
      at += 4
    }
  })
  return places
}

/** Distance between neighbours, 1 where some sites are in a circuit and others out, arrival of the wave, unused. */
function sheetRow({ sheets }: Layout): Float32Array {
  return new Float32Array(sheets.flatMap(({ pitch }) => [pitch, 0, -1e6, 0]))
}

function texture(data: Float32Array, format: typeof RedFormat | typeof RGFormat | typeof RGBAFormat, width: number): DataTexture {
  const channels = format === RedFormat ? 1 : format === RGFormat ? 2 : 4
  const made = new DataTexture(data, width, data.length / width / channels, format, FloatType)
  made.minFilter = made.magFilter = NearestFilter
  made.needsUpdate = true
  return made
}

/** Numbers of the sites in the order in which they are drawn. */
function orderTexture(count: number): DataTexture {
  const height = Math.max(1, Math.ceil(count / TEXTURE_WIDTH))
  const made = new DataTexture(new Uint32Array(TEXTURE_WIDTH * height), TEXTURE_WIDTH, height, RedIntegerFormat, UnsignedIntType)
  made.internalFormat = 'R32UI'
  made.needsUpdate = true
  return made
}

/** Two triangles a site over vertices that exist by number only. */
function quads(count: number): BufferGeometry {
  const index = new Uint32Array(6 * count)
  for (let i = 0; i < count; i++)
    index.set([4 * i, 4 * i + 1, 4 * i + 2, 4 * i, 4 * i + 2, 4 * i + 3], 6 * i)
  const geometry = new BufferGeometry()
  geometry.setIndex(new BufferAttribute(index, 1))
  return geometry
}

function mesh(geometry: BufferGeometry, material: RawShaderMaterial, renderOrder: number): Mesh {
  const made = new Mesh(geometry, material)
  made.frustumCulled = false
  made.renderOrder = renderOrder
  return made
}

/** Within about a degree as seen from the scene, whose radius is about 30. */
function nearly(a: Vector, b: Vector): boolean {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < 0.01 * Math.hypot(...a)
}
