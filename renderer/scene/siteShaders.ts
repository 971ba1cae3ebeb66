/**
 * GLSL for sites. Data comes from textures, one texel per site, fetched by number; four vertices make a site and carry nothing.
 * So an update touches one texture and the drawing order is a list of numbers. Instances of four vertices would do the same, at
 * 20 µs each where the processor draws (SwiftShader), ten times what this costs. Colours are display values: nothing converts them.
 */
import { FADE_MS, GLOW_MS } from './wave'

/** Smallest and largest radius, as parts of the distance between neighbours. */
export const RADIUS_LEAST = 0.19
export const RADIUS_MOST = 0.47

const fetch = /* glsl */`
precision highp float;
precision highp int;
precision highp sampler2D;
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
uniform sampler2D places;
uniform sampler2D sheets;
uniform sampler2D activity;
uniform sampler2D effects;
uniform sampler2D opacities;
uniform float now;

const vec2 CORNERS[4] = vec2[](vec2(-1.0, -1.0), vec2(1.0, -1.0), vec2(1.0, 1.0), vec2(-1.0, 1.0));
vec4 at(sampler2D source, int i) {
  int width = textureSize(source, 0).x;
  return texelFetch(source, ivec2(i % width, i / width), 0);
}
float progressAt(float arrival) { return smoothstep(0.0, ${FADE_MS.toFixed(1)}, now - arrival); }
float glowAt(float arrival) {
  float t = (now - arrival) / ${GLOW_MS.toFixed(1)};
  return t > 0.0 && t < 1.0 ? (1.0 - t) * smoothstep(0.0, 0.2, t) : 0.0;
}
`

/** Spheres seen as discs that face the camera. `PICK` writes ids instead of colours; `phase` 0 draws the opaque ones, 1 the others. */
export const sphereVertex = /* glsl */`
${fetch}
precision highp usampler2D;
uniform usampler2D order;
uniform int phase;
uniform float pixel;
uniform vec2 fog;
flat out uint vId;
out vec2 vAt;
out vec3 vPlane;
flat out vec3 vToward;
flat out vec4 vLook;
flat out float vFog;
flat out float vCircuit;

void main() {
  int slot = gl_VertexID >> 2;
  vec2 corner = CORNERS[gl_VertexID & 3];
  int width = textureSize(order, 0).x;
  int i = int(texelFetch(order, ivec2(slot % width, slot / width), 0).r);
  vec4 place = at(places, i);
  vec4 sheet = at(sheets, int(place.w));
  float opacity = at(opacities, i).r;
#ifndef PICK
  if ((opacity < 0.996) != (phase == 1)) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
#endif
  vec3 centre = (modelViewMatrix * vec4(place.xyz, 1.0)).xyz;
  float radius = sheet.x * mix(${RADIUS_LEAST}, ${RADIUS_MOST}, sqrt(at(activity, i).r));
  float size = pixel * -centre.z;
  radius = max(radius, 0.7 * size);
  vec3 toward = normalize(-centre);
  vec3 right = normalize(cross(vec3(0.0, 1.0, 0.0), toward));
  vec3 up = cross(toward, right);
  // Room for the soft rim.
  float reach = 1.0 + size / radius;
  vAt = corner * reach;
  vPlane = centre + radius * (right * vAt.x + up * vAt.y);
  vToward = radius * toward;
  vec2 effect = at(effects, i).rg;
  vLook = vec4(mix(effect.x, effect.y, progressAt(sheet.z)), opacity, glowAt(sheet.z), at(activity, i).r);
  vFog = smoothstep(fog.x, fog.y, -centre.z);
  vCircuit = sheet.y;
  vId = uint(i) + 1u;
  gl_Position = projectionMatrix * vec4(vPlane, 1.0);
}
`

export const sphereFragment = /* glsl */`
precision highp float;
precision highp int;
precision highp sampler2D;
uniform mat4 projectionMatrix;
uniform sampler2D lookup;
uniform vec3 ground;
uniform float relief;
uniform vec3 ink;
flat in uint vId;
in vec2 vAt;
in vec3 vPlane;
flat in vec3 vToward;
flat in vec4 vLook;
flat in float vFog;
flat in float vCircuit;
out vec4 color;

void main() {
  float d2 = dot(vAt, vAt);
#ifdef PICK
  if (d2 > 1.0) discard;
  color = vec4(float(vId & 255u), float((vId >> 8) & 255u), float((vId >> 16) & 255u), 255.0) / 255.0;
  float bulge = sqrt(1.0 - d2);
#else
  float d = sqrt(d2);
  float soft = fwidth(d);
  float cover = clamp((1.0 - d) / soft + 0.5, 0.0, 1.0);
  if (cover < 0.02) discard;
  float bulge = sqrt(max(0.0, 1.0 - d2));
  vec3 base = texture(lookup, vec2(0.5 + 0.498 * clamp(vLook.x, -1.0, 1.0), 0.5)).rgb;
  // Quiet units recede, active ones step forward; hue is left to the effect.
  base *= mix(1.0, 0.68 + 0.5 * vLook.w, relief * (1.0 - min(1.0, 2.0 * abs(vLook.x))));
  // Where some sites are out, those that are in are to be seen first.
  base = mix(base, ink, vCircuit * 0.55 * vLook.y * (1.0 - min(1.0, 2.0 * abs(vLook.x))));
  vec3 normal = vec3(vAt, bulge);
  float light = max(0.0, dot(normal, vec3(-0.42, 0.61, 0.67)));
  float shade = mix(1.0, 0.34 + 0.86 * light, relief);
  float shine = relief * pow(light, 18.0) * 0.22;
  vec3 lit = base * shade + shine;
  // An arrival brightens without leaving its hue.
  lit *= 1.0 + 0.7 * vLook.z * abs(vLook.x);
  lit /= max(1.0, max(lit.r, max(lit.g, lit.b)));
  // An inhibited site is an empty circle: the fill goes, the rim stays.
  float rim = smoothstep(1.0 - 2.2 * soft, 1.0 - 1.2 * soft, d);
  float filled = mix(0.04, 1.0, vLook.y);
  float alpha = vLook.y > 0.995 ? 1.0 : max(filled, mix(0.75, 0.45, vCircuit) * rim);
  lit = mix(lit, base * 1.25, rim * (1.0 - vLook.y));
  color = vec4(mix(lit, ground, 0.55 * vFog), cover * alpha);
#endif
  // Depth of the sphere's surface, so that edges enter it where they should.
  vec3 p = vPlane + vToward * bulge;
  float depth = (projectionMatrix[2][2] * p.z + projectionMatrix[3][2]) / -p.z;
  gl_FragDepth = clamp(0.5 * depth + 0.5, 0.0, 1.0);
}
`

/** Input pixels: tiles lying in the sheet, so that it is an image in space. */
export const tileVertex = /* glsl */`
${fetch}
uniform float pixel;
flat out uint vId;
out vec2 vAt;
flat out vec2 vLook;
flat out float vEdge;

void main() {
  int i = gl_VertexID >> 2;
  vec2 corner = CORNERS[gl_VertexID & 3];
  vec4 place = at(places, i);
  vec4 sheet = at(sheets, 0);
  float side = 0.5 * sheet.x;
  vec4 centre = modelViewMatrix * vec4(place.xyz + vec3(0.0, corner.y, corner.x) * side, 1.0);
  vAt = corner;
  vec2 effect = at(effects, i).rg;
  vLook = vec2(at(activity, i).r, mix(effect.x, effect.y, progressAt(sheet.z)));
  vEdge = 2.0 * pixel * -centre.z / side;
  vId = uint(i) + 1u;
  gl_Position = projectionMatrix * centre;
}
`

export const tileFragment = /* glsl */`
precision highp float;
precision highp int;
precision highp sampler2D;
uniform sampler2D lookup;
uniform vec3 off;
uniform vec3 on;
flat in uint vId;
in vec2 vAt;
flat in vec2 vLook;
flat in float vEdge;
out vec4 color;

void main() {
#ifdef PICK
  color = vec4(float(vId & 255u), float((vId >> 8) & 255u), float((vId >> 16) & 255u), 255.0) / 255.0;
#else
  // A rounded square; tiny ones fill their place, so that a distant sheet does not flicker.
  float half_ = mix(0.9, 1.0, clamp(vEdge * 0.8 - 0.2, 0.0, 1.0));
  vec2 q = abs(vAt) - (half_ - 0.22);
  float d = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - 0.22;
  float cover = clamp(0.5 - d / max(fwidth(d), 1e-4), 0.0, 1.0);
  vec3 base = mix(off, on, clamp(vLook.x, 0.0, 1.0));
  base = mix(base, texture(lookup, vec2(0.5 + 0.498 * clamp(vLook.y, -1.0, 1.0), 0.5)).rgb, min(1.0, 1.6 * abs(vLook.y)));
  color = vec4(base, cover);
#endif
}
`
