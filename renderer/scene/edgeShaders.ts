/** GLSL for connections: ribbons of constant width in pixels along a curve that leaves and enters sheets at right angles. */
import { LAYER_MS } from './wave'

export const SEGMENTS = 14

export const edgeVertex = /* glsl */`
precision highp float;
precision highp int;
precision highp sampler2D;
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
uniform vec2 viewport;
uniform vec2 fog;
uniform float width;
uniform float lift;
uniform float now;
uniform float origin;
uniform int hovered;
uniform sampler2D ends;
uniform sampler2D carries;
uniform sampler2D lookup;
uniform vec3 ink;
uniform float opacity;
uniform float chroma;
flat out uint vId;
out float vAcross;
out vec4 vColor;
flat out float vHalf;
const int VERTICES = ${2 * (SEGMENTS + 1)};
vec4 from;
vec4 to;

vec4 curve(float t) {
  float s = t * t * (3.0 - 2.0 * t);
  return projectionMatrix * (modelViewMatrix * vec4(mix(from.x, to.x, t), mix(from.yz, to.yz, s), 1.0));
}

void main() {
  int edge = gl_VertexID / VERTICES;
  int rank = gl_VertexID % VERTICES;
  vec2 position = vec2(float(rank >> 1) / ${SEGMENTS.toFixed(1)}, (rank & 1) == 0 ? -1.0 : 1.0);
  int stride = textureSize(ends, 0).x;
  from = texelFetch(ends, ivec2(2 * edge % stride, 2 * edge / stride), 0);
  to = texelFetch(ends, ivec2((2 * edge + 1) % stride, (2 * edge + 1) / stride), 0);
  vec2 extra = texelFetch(carries, ivec2(edge % stride, edge / stride), 0).rg;
  float carried = extra.r;
  // Signed strength, weight layer.
  vec2 look = vec2(from.w, to.w);
  vec4 a = curve(position.x);
  vec4 b = curve(position.x + 0.02);
  vec2 along = (b.xy / max(b.w, 1e-3) - a.xy / max(a.w, 1e-3)) * viewport;
  vec2 normal = normalize(vec2(-along.y, along.x) + 1e-6);
  bool hot = hovered == edge;
  float strength = abs(look.x);
  vHalf = 0.5 * width * mix(0.75, 1.25, strength) * (hot ? 1.8 : 1.0);
  float reach = vHalf + 0.5;
  vAcross = position.y * reach;
  // The pulse runs along the curve while the wave goes from this layer's source sheet to its target sheet, where a difference does.
  float run = (now - (look.y - origin) * ${LAYER_MS.toFixed(1)}) / ${(LAYER_MS + 40).toFixed(1)};
  float pulse = look.y >= origin && now < 1e8 ? min(1.0, 2.5 * carried) * exp(-24.0 * (position.x - run) * (position.x - run)) * step(-0.3, run) * step(run, 1.3) : 0.0;
  float far = smoothstep(fog.x, fog.y, a.w);
  // Colour says the sign, or the hue it was given; opacity the strength. All of it here: edges cover many pixels and each should cost little.
  float way = 0.498 * (extra.g < 1.5 ? extra.g : sign(look.x) * mix(chroma, 1.0, pulse));
  vec3 base = textureLod(lookup, vec2(0.5 + way, 0.5), 0.0).rgb;
  float alpha = opacity * mix(0.05, 1.0, strength * strength) * (1.0 - 0.6 * far);
  alpha = min(1.0, alpha + pulse * (0.12 + 0.6 * strength)) * min(1.0, 2.0 * vHalf);
  vColor = hot ? vec4(mix(base, ink, 0.55), 0.96) : vec4(base, alpha);
  vId = uint(edge) + 1u;
  gl_Position = a + vec4(normal * position.y * reach * 2.0 / viewport * a.w, 0.0, 0.0);
  // Lifted edges come out in front of the input's pane, so that one sees and hits which pixel they start from.
  float nearer = max(0.5, a.w - (look.y < 0.5 ? lift * (1.0 - position.x) : 0.0));
  gl_Position.z = (projectionMatrix[3][2] / nearer - projectionMatrix[2][2]) * a.w;
}
`

export const edgeFragment = /* glsl */`
precision highp float;
precision highp int;
flat in uint vId;
in float vAcross;
in vec4 vColor;
flat in float vHalf;
out vec4 color;

void main() {
#ifdef PICK
  color = vec4(float(vId & 255u), float((vId >> 8) & 255u), float((vId >> 16) & 255u), 128.0) / 255.0;
#else
  color = vec4(vColor.rgb, vColor.a * clamp(vHalf + 0.5 - abs(vAcross), 0.0, 1.0));
#endif
}
`
