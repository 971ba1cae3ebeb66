/** Rings around sites: selected, next in a mapping, under the cursor, and the flash of the electrode. Drawn over everything, so that a site behind others is still found. */
import type { SceneSite } from './neighbours'
import type { Hit } from './scene'
import type { Sites } from './sites'
import type { SceneTheme } from './theme'
import { BufferAttribute, GLSL3, InstancedBufferAttribute, InstancedBufferGeometry, Mesh, RawShaderMaterial, Sphere, Vector3 } from 'three'
import { rgbOf } from './effectScale'

export interface Ring {
  centre: Vector3
  /** Radius of the site, scene units. */
  radius: number
  /** Pixels between the site and the ring, and the ring's width. */
  gap: number
  width: number
  color: string
  opacity: number
}

const CAPACITY = 8
const UNSEEN: Ring = { centre: new Vector3(), radius: 0, gap: 1, width: 1, color: '#000000', opacity: 0 }

const vertex = /* glsl */`
precision highp float;
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
uniform float pixel;
in vec2 position;
in vec4 place;
in vec2 line;
in vec4 tint;
out vec2 vAt;
flat out vec2 vLine;
flat out vec4 vTint;
void main() {
  vec4 centre = modelViewMatrix * vec4(place.xyz, 1.0);
  float size = pixel * -centre.z;
  float radius = place.w / size + line.x + 0.5 * line.y;
  float reach = radius + line.y + 1.0;
  vAt = position * reach;
  vLine = vec2(radius, line.y);
  vTint = tint;
  centre.xy += vAt * size;
  gl_Position = projectionMatrix * centre;
}
`

const fragment = /* glsl */`
precision highp float;
in vec2 vAt;
flat in vec2 vLine;
flat in vec4 vTint;
out vec4 color;
void main() {
  float cover = clamp(0.5 + 0.5 * vLine.y - abs(length(vAt) - vLine.x), 0.0, 1.0);
  if (cover <= 0.0) discard;
  color = vec4(vTint.rgb, vTint.a * cover);
}
`

export class Rings {
  readonly mesh: Mesh
  readonly #geometry = new InstancedBufferGeometry()
  readonly #uniforms = { pixel: { value: 0.001 } }

  constructor() {
    this.#geometry.setAttribute('position', new BufferAttribute(new Float32Array([-1, -1, 1, -1, 1, 1, -1, 1]), 2))
    this.#geometry.setIndex([0, 1, 2, 0, 2, 3])
    this.#geometry.setAttribute('place', new InstancedBufferAttribute(new Float32Array(4 * CAPACITY), 4))
    this.#geometry.setAttribute('line', new InstancedBufferAttribute(new Float32Array(2 * CAPACITY), 2))
    this.#geometry.setAttribute('tint', new InstancedBufferAttribute(new Float32Array(4 * CAPACITY), 4))
    this.#geometry.instanceCount = 0
    this.mesh = new Mesh(this.#geometry, new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: vertex,
      fragmentShader: fragment,
      uniforms: this.#uniforms,
      transparent: true,
      depthTest: false,
      depthWrite: false,
    }))
    this.mesh.frustumCulled = false
    // Asked for when drawings are ordered; computing it needs positions in space, which these have not.
    this.#geometry.boundingSphere = new Sphere()
    this.mesh.renderOrder = 9
  }

  /** `pixel` is a device pixel at distance 1 in scene units, `ratio` how many of them a CSS pixel has. */
  set(rings: readonly Ring[], pixel: number, ratio: number): void {
    this.#uniforms.pixel.value = pixel
    const { place, line, tint } = this.#geometry.attributes as Record<string, InstancedBufferAttribute>
    // One that is not seen when there is none: the first click must not wait for a shader to be compiled.
    const drawn = rings.length > 0 ? rings.slice(0, CAPACITY) : [UNSEEN]
    drawn.forEach(({ centre, radius, gap, width, color, opacity }, i) => {
      place!.array.set([centre.x, centre.y, centre.z, radius], 4 * i)
      line!.array.set([gap * ratio, width * ratio], 2 * i)
      tint!.array.set([...rgbOf(color), opacity], 4 * i)
    })
    for (const attribute of [place!, line!, tint!])
      attribute.needsUpdate = true
    this.#geometry.instanceCount = drawn.length
  }

  dispose(): void {
    this.#geometry.dispose();
    (this.mesh.material as RawShaderMaterial).dispose()
  }
}

const FLASH_MS = 620
/** A target pulses so often, so long each, and then is only lit: nothing moves while nothing happens. */
const PULSE_MS = 900
const PULSES = 3

export interface Marked {
  selection: SceneSite | undefined
  hover: Hit | undefined
  flash: { site: SceneSite, age: number } | undefined
  target: { site: SceneSite, age: number } | undefined
}

/** What is ringed now. */
export function ringsFor({ selection, hover, flash, target }: Marked, sites: Sites, theme: SceneTheme): Ring[] {
  const at = ({ sheet, index }: SceneSite): Pick<Ring, 'centre' | 'radius'> => ({ centre: sites.position(sheet, index, new Vector3()), radius: sites.radius(sheet, index) })
  const rings: Ring[] = []
  if (hover?.kind === 'site')
    rings.push({ ...at(hover), gap: 2.5, width: 1.2, color: theme.ink, opacity: 0.75 })
  if (hover?.kind === 'edge') {
    const { layer, from, to } = hover.edge
    for (const end of [{ sheet: layer, index: from }, { sheet: layer + 1, index: to }])
      rings.push({ ...at(end), gap: 2, width: 1, color: theme.ink, opacity: 0.7 })
  }
  if (selection !== undefined) {
    rings.push({ ...at(selection), gap: 2.5, width: 2.4, color: theme.ink, opacity: 1 })
    rings.push({ ...at(selection), gap: 7.5, width: 1, color: theme.inkQuiet, opacity: 0.6 })
  }
  if (target !== undefined)
    rings.push(...targetRings(at(target.site), Math.max(0, target.age), theme))
  if (flash !== undefined)
    rings.push(...flashRings(at(flash.site), Math.max(0, flash.age), theme))
  return rings
}

/** Two rings running outwards, one after the other. */
function flashRings(at: Pick<Ring, 'centre' | 'radius'>, age: number, theme: SceneTheme): Ring[] {
  return [0, 150].flatMap((delay) => {
    const t = (age - delay) / (FLASH_MS - 150)
    return t < 0 || t >= 1 ? [] : [{ ...at, gap: 3 + 34 * (1 - (1 - t) ** 2), width: 2.4 * (1 - t) + 0.6, color: theme.ink, opacity: 0.9 * (1 - t) }]
  })
}

/** Lit in amber, with a ring that runs in towards the site: here the electrode goes next. */
function targetRings(at: Pick<Ring, 'centre' | 'radius'>, age: number, theme: SceneTheme): Ring[] {
  const lit: Ring = { ...at, gap: 5, width: 3, color: theme.amber, opacity: 1 }
  const t = (age % PULSE_MS) / PULSE_MS
  return pulsing(age) ? [lit, { ...at, gap: 5 + 30 * (1 - t) ** 2, width: 1 + t, color: theme.amber, opacity: 0.85 * t }] : [lit]
}

/** Whether a target of this age still moves. */
export function pulsing(age: number): boolean {
  return age < PULSES * PULSE_MS
}

/** Whether a flash of this age still moves. */
export function flashing(age: number): boolean {
  return age < FLASH_MS
}
