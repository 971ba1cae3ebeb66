/** The pane behind each sheet: it holds the digit together and says where a sheet ends. Not pickable. */
import type { Layout } from '../../preload/contract/layout'
import type { SceneTheme } from './theme'
import { BufferAttribute, GLSL3, InstancedBufferAttribute, InstancedBufferGeometry, Mesh, RawShaderMaterial, Sphere, Vector3 } from 'three'
import { rgbOf } from './effectScale'

const vertex = /* glsl */`
precision highp float;
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
uniform vec3 cameraPosition;
in vec2 position;
in vec4 place;
out vec2 vAt;
flat out vec2 vHalf;
flat out float vSolid;
void main() {
  vHalf = place.yz;
  vAt = position * place.yz;
  vSolid = place.w;
  // Always behind its sheet, from whichever side one looks.
  float back = cameraPosition.x < place.x ? 0.12 : -0.12;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(place.x + back, vAt.y, vAt.x, 1.0);
}
`

const fragment = /* glsl */`
precision highp float;
uniform vec3 fill;
uniform vec3 rule;
in vec2 vAt;
flat in vec2 vHalf;
flat in float vSolid;
out vec4 color;
void main() {
  vec2 q = abs(vAt) - vHalf + 0.5;
  float d = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - 0.5;
  float soft = fwidth(d);
  float cover = clamp(0.5 - d / soft, 0.0, 1.0);
  float line = clamp(1.2 - abs(d + soft) / soft, 0.0, 1.0);
  // A solid pane hides what lies behind, an open one is only felt.
  float alpha = mix(mix(0.22, 0.94, vSolid), mix(0.5, 1.0, vSolid), line);
  if (cover <= 0.0) discard;
  color = vec4(mix(fill, rule, line), cover * alpha);
  // Only the input's pane is in the way of what lies behind it.
  gl_FragDepth = vSolid > 0.5 ? gl_FragCoord.z : 1.0;
}
`

export class Plates {
  readonly mesh: Mesh
  readonly #geometry = new InstancedBufferGeometry()
  readonly #uniforms = { fill: { value: new Vector3() }, rule: { value: new Vector3() } }

  constructor(layout: Layout, theme: SceneTheme) {
    // Sheets of one column have no pane: a column of outputs is read by its labels.
    const sheets = layout.sheets.filter(({ columns }, i) => i === 0 || columns > 1)
    const places = sheets.flatMap(({ x, columns, rows, pitch }, i) => {
      const margin = i === 0 ? 0.9 * pitch : pitch
      return [x, columns * pitch / 2 + margin - pitch / 4, rows * pitch / 2 + margin - pitch / 4, i === 0 ? 1 : 0]
    })
    this.#geometry.setAttribute('position', new BufferAttribute(new Float32Array([-1, -1, 1, -1, 1, 1, -1, 1]), 2))
    this.#geometry.setIndex([0, 1, 2, 0, 2, 3])
    this.#geometry.setAttribute('place', new InstancedBufferAttribute(new Float32Array(places), 4))
    this.#geometry.instanceCount = sheets.length
    this.mesh = new Mesh(this.#geometry, new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: vertex,
      fragmentShader: fragment,
      uniforms: this.#uniforms,
      transparent: true,
      side: 2,
    }))
    this.mesh.frustumCulled = false
    // Asked for when drawings are ordered; computing it needs positions in space, which these have not.
    this.#geometry.boundingSphere = new Sphere()
    this.mesh.renderOrder = 0
    this.setTheme(theme)
  }

  setTheme(theme: SceneTheme): void {
    this.#uniforms.fill.value.set(...rgbOf(theme.plate))
    this.#uniforms.rule.value.set(...rgbOf(theme.rule))
  }

  /** Its shaders stay compiled for the next primary. */
  dispose(): void {
    this.#geometry.dispose()
  }
}
