/** One set of connections, drawn with one call; the scene has three: the strongest overall, those of the selected unit, those of a circuit. */
import type { Connections } from '../../preload/contract/engine'
import type { Layout } from '../../preload/contract/layout'
import type { SceneTheme } from './theme'
import { BufferAttribute, BufferGeometry, DataTexture, FloatType, GLSL3, Mesh, NoBlending, RawShaderMaterial, RGBAFormat, RGFormat, Vector2, Vector3 } from 'three'
import { edgeFragment, edgeVertex, SEGMENTS } from './edgeShaders'
import { effectLookup, LOOKUP_SIZE, rgbOf } from './effectScale'

/** One connection, named as the parameters name it: `layers.L.weight[to, from]`. */
export interface SceneEdge {
  layer: number
  from: number
  to: number
  weight: number
  flow: number
  /** Which candidate of the circuit it is. */
  site?: number
}

/** Connections that may pass sheets by and have a colour of their own. */
export interface Wiring extends Connections {
  /** Sheet each leads to; the next one where left out. */
  target?: Uint8Array
  /** −1 blue … 0 neutral … 1 amber; by the sign of the flow where left out. */
  hue?: Float32Array
  site?: Uint32Array
}

/** In place of a hue: the sign of the flow decides. */
const BY_SIGN = 2

export interface EdgeStyle {
  /** Pixels. */
  width: number
  renderOrder: number
  /** An inactive source still has a weight worth clicking: part of the strength that comes from |weight| alone. */
  weightShare: number
  /** Scene units by which edges from the input are drawn nearer than they are; below 0 they start behind their pixel. */
  lift: number
  /** More connections than this are drawn fainter, so that the sum of them stays readable. */
  crowd: number
}

const TEXTURE_WIDTH = 256

export class Edges {
  readonly mesh: Mesh
  readonly pickMesh: Mesh
  readonly #style: EdgeStyle
  readonly #uniforms = uniformsOf()
  readonly #pickUniforms: ReturnType<typeof uniformsOf>
  #capacity = 0
  #geometry = ribbons(0)
  #ends = floats(RGBAFormat, 0)
  #carries = floats(RGFormat, 0)
  #connections: Wiring | undefined
  /** Instance to row of the connections: weak ones are drawn first. */
  #rows: Uint32Array = new Uint32Array(0)

  constructor(style: EdgeStyle, theme: SceneTheme) {
    this.#style = style
    this.#uniforms.width.value = style.width
    this.#uniforms.lift.value = style.lift
    this.#pickUniforms = { ...this.#uniforms, viewport: { value: new Vector2(1, 1) }, width: { value: Math.max(2, style.width) } }
    this.mesh = new Mesh(this.#geometry, material(this.#uniforms, false))
    this.pickMesh = new Mesh(this.#geometry, material(this.#pickUniforms, true))
    this.mesh.frustumCulled = this.pickMesh.frustumCulled = false
    this.mesh.renderOrder = style.renderOrder
    // Over the input's tiles, under every unit: who aims at a unit means the unit, whatever line runs across it.
    this.pickMesh.renderOrder = 1.5
    this.setTheme(theme)
    this.set(undefined, undefined)
  }

  get count(): number {
    return this.#rows.length
  }

  setTheme(theme: SceneTheme): void {
    const { lookup, ink } = this.#uniforms
    lookup.value.image.data!.set(effectLookup(theme))
    lookup.value.needsUpdate = true
    ink.value.set(...rgbOf(theme.ink))
  }

  /** Rows that name sites the layout has not are left out. */
  set(connections: Wiring | undefined, layout: Layout | undefined): void {
    this.#connections = connections
    this.hover(undefined)
    const strength = connections === undefined ? new Float32Array(0) : strengths(connections, this.#style.weightShare)
    this.#rows = connections === undefined || layout === undefined ? new Uint32Array(0) : drawable(connections, layout, strength)
    this.mesh.visible = this.pickMesh.visible = this.#rows.length > 0
    if (connections === undefined || layout === undefined || this.#rows.length === 0)
      return
    this.#reserve(this.#rows.length)
    const ends = this.#ends.image.data as Float32Array
    const carries = this.#carries.image.data as Float32Array
    this.#rows.forEach((row, i) => {
      const layer = connections.layer[row]!
      const sign = (connections.flow[row] || connections.weight[row]!) < 0 ? -1 : 1
      ends.set(point(layout.positions[layer]!, connections.from[row]!), 8 * i)
      ends[8 * i + 3] = sign * Math.max(0.002, strength[row]!)
      ends.set(point(layout.positions[connections.target?.[row] ?? layer + 1]!, connections.to[row]!), 8 * i + 4)
      ends[8 * i + 7] = layer
      carries.set([0, connections.hue?.[row] ?? BY_SIGN], 2 * i)
    })
    this.#ends.needsUpdate = this.#carries.needsUpdate = true
  }

  /** What the wave brings to the source of each edge, as a part of the scale: only edges that carry a difference light up. */
  setDifference(perSheet: readonly ArrayLike<number>[] | undefined, scales: readonly number[]): void {
    const all = this.#connections
    if (all === undefined)
      return
    const carries = this.#carries.image.data as Float32Array
    this.#rows.forEach((row, i) => {
      const sheet = all.layer[row]!
      carries[2 * i] = Math.min(1, Math.abs(perSheet?.[sheet]?.[all.from[row]!] ?? 0) / (scales[sheet] ?? 1))
    })
    this.#carries.needsUpdate = true
  }

  edgeAt(instance: number): SceneEdge | undefined {
    const row = this.#rows[instance]
    const all = this.#connections
    if (row === undefined || all === undefined)
      return undefined
    return { layer: all.layer[row]!, from: all.from[row]!, to: all.to[row]!, weight: all.weight[row]!, flow: all.flow[row]!, ...(all.site ? { site: all.site[row]! } : {}) }
  }

  /** Draws one connection bright. */
  hover(edge: Pick<SceneEdge, 'layer' | 'from' | 'to'> | undefined): void {
    const all = this.#connections
    this.#uniforms.hovered.value = edge === undefined || all === undefined
      ? -1
      : this.#rows.findIndex(row => all.layer[row] === edge.layer && all.from[row] === edge.from && all.to[row] === edge.to)
  }

  /** `opacity` of the strongest; `chroma` 0 grey … 1 the full colour of its sign. */
  setInk(opacity: number, chroma: number): void {
    this.#uniforms.opacity.value = opacity * Math.min(1, Math.sqrt(this.#style.crowd / Math.max(1, this.#rows.length)))
    this.#uniforms.chroma.value = chroma
  }

  /** `viewport` in device pixels, `ratio` of them to a CSS pixel. */
  frame(now: number, origin: number, viewport: { width: number, height: number, ratio: number }, fog: [number, number]): void {
    this.#uniforms.width.value = this.#style.width * viewport.ratio
    this.#uniforms.now.value = now
    this.#uniforms.origin.value = origin
    this.#uniforms.viewport.value.set(viewport.width, viewport.height)
    this.#uniforms.fog.value.set(...fog)
  }

  setPickViewport(side: number): void {
    this.#pickUniforms.viewport.value.set(side, side)
  }

  dispose(): void {
    this.#geometry.dispose()
    this.#ends.dispose()
    this.#carries.dispose()
    for (const one of [this.mesh, this.pickMesh])
      (one.material as RawShaderMaterial).dispose()
    this.#uniforms.lookup.value.dispose()
  }

  #reserve(count: number): void {
    if (this.#capacity < count) {
      this.#geometry.dispose()
      this.#ends.dispose()
      this.#capacity = Math.ceil(count * 1.25)
      this.#geometry = ribbons(this.#capacity)
      this.#carries.dispose()
      this.#uniforms.ends.value = this.#ends = floats(RGBAFormat, 2 * this.#capacity)
      this.#uniforms.carries.value = this.#carries = floats(RGFormat, this.#capacity)
      this.mesh.geometry = this.pickMesh.geometry = this.#geometry
    }
    this.#geometry.setDrawRange(0, count * SEGMENTS * 6)
  }
}

/** |flow| relative to the largest of its weight layer, so that no layer is invisible beside another. */
function strengths({ layer, flow, weight }: Connections, weightShare: number): Float32Array {
  const most = (values: Float32Array): number[] => {
    const largest: number[] = []
    values.forEach((x, i) => largest[layer[i]!] = Math.max(largest[layer[i]!] ?? 1e-12, Math.abs(x)))
    return largest
  }
  const flows = most(flow)
  const weights = most(weight)
  return flow.map((x, i) => Math.max(
    Math.abs(x) / flows[layer[i]!]!,
    weightShare * Math.abs(weight[i]!) / weights[layer[i]!]!,
  ))
}

function drawable({ layer, from, to, target }: Wiring, { sheets }: Layout, strength: Float32Array): Uint32Array {
  const rows: number[] = []
  layer.forEach((sheet, row) => {
    if (from[row]! < (sheets[sheet]?.size ?? 0) && to[row]! < (sheets[target?.[row] ?? sheet + 1]?.size ?? 0))
      rows.push(row)
  })
  return Uint32Array.from(rows.sort((a, b) => strength[a]! - strength[b]!))
}

function point(positions: Float32Array, index: number): Float32Array {
  return positions.subarray(3 * index, 3 * index + 3)
}

function floats(format: typeof RGBAFormat | typeof RGFormat, texels: number): DataTexture {
  const height = Math.max(1, Math.ceil(texels / TEXTURE_WIDTH))
  const made = new DataTexture(new Float32Array((format === RGBAFormat ? 4 : 2) * TEXTURE_WIDTH * height), TEXTURE_WIDTH, height, format, FloatType)
  made.needsUpdate = true
  return made
}

/** Strips of quads over vertices that exist by number only. */
function ribbons(edges: number): BufferGeometry {
  const index = new Uint32Array(6 * SEGMENTS * edges)
  for (let i = 0, at = 0; i < edges; i++) {
    for (let s = 0; s < SEGMENTS; s++, at += 6) {
      const v = 2 * (i * (SEGMENTS + 1) + s)
      index.set([v, v + 1, v + 2, v + 2, v + 1, v + 3], at)
    }
  }
  const geometry = new BufferGeometry()
  geometry.setIndex(new BufferAttribute(index, 1))
  geometry.setDrawRange(0, 0)
  return geometry
}

function uniformsOf() {
  return {
    /** Two texels an edge: start and signed strength, end and weight layer. */
    ends: { value: undefined as DataTexture | undefined },
    /** One texel an edge: |difference at its source|, 0…1, and its hue. */
    carries: { value: undefined as DataTexture | undefined },
    viewport: { value: new Vector2(1, 1) },
    fog: { value: new Vector2(0, 1) },
    width: { value: 1 },
    lift: { value: 0 },
    now: { value: 1e9 },
    origin: { value: 0 },
    hovered: { value: -1 },
    lookup: { value: new DataTexture(new Uint8Array(4 * LOOKUP_SIZE), LOOKUP_SIZE, 1) },
    ink: { value: new Vector3() },
    opacity: { value: 0.5 },
    chroma: { value: 0.3 },
  }
}

function material(uniforms: ReturnType<typeof uniformsOf>, pick: boolean): RawShaderMaterial {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: edgeVertex,
    fragmentShader: edgeFragment,
    defines: pick ? { PICK: 1 } : {},
    uniforms,
    transparent: !pick,
    ...(pick ? { blending: NoBlending } : {}),
    depthWrite: false,
    side: 2,
  })
}
