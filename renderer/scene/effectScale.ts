/**
 * The effect scale: a diverging lookup from blue through neutral grey to amber, symmetric about 0.
 * Straight lines in OKLab (Ottosson 2020) between neutral and two ends of equal lightness, so that equal effects of
 * opposite sign are equally conspicuous, and the two hues stay apart for every kind of colour blindness.
 * The legend and the scene read the same table.
 */
import type { SceneTheme } from './theme'

type Triple = [number, number, number]

export const LOOKUP_SIZE = 257

/** `#rrggbb` to sRGB, 0…1. */
export function rgbOf(hex: string): Triple {
  const value = Number.parseInt(hex.slice(1), 16)
  return [(value >> 16 & 255) / 255, (value >> 8 & 255) / 255, (value & 255) / 255]
}

export function hexOf(rgb: Triple): string {
  return `#${rgb.map(x => Math.round(x * 255).toString(16).padStart(2, '0')).join('')}`
}

/** RGBA bytes, [LOOKUP_SIZE, 4]; the middle entry is neutral. */
export function effectLookup(theme: Pick<SceneTheme, 'blue' | 'neutral' | 'amber'>): Uint8Array {
  const neutral = labOf(rgbOf(theme.neutral))
  const [blue, amber] = ends(theme)
  const table = new Uint8Array(4 * LOOKUP_SIZE)
  const half = (LOOKUP_SIZE - 1) / 2
  for (let i = 0; i < LOOKUP_SIZE; i++) {
    const t = (i - half) / half
    const end = t < 0 ? blue : amber
    const lab = neutral.map((x, k) => x + Math.abs(t) * (end[k]! - x)) as Triple
    table.set(rgbFrom(lab).map(x => Math.round(x * 255)), 4 * i)
    table[4 * i + 3] = 255
  }
  return table
}

/** Colour of an effect as the scene draws it; `t` is effect / scale and is cut to −1…1. */
export function effectColor(t: number, theme: Pick<SceneTheme, 'blue' | 'neutral' | 'amber'>): string {
  const neutral = labOf(rgbOf(theme.neutral))
  const [blue, amber] = ends(theme)
  const cut = Math.max(-1, Math.min(1, t))
  const end = cut < 0 ? blue : amber
  return hexOf(rgbFrom(neutral.map((x, k) => x + Math.abs(cut) * (end[k]! - x)) as Triple))
}

/** For the legend: a CSS gradient from the most negative to the most positive effect. */
export function effectGradient(theme: Pick<SceneTheme, 'blue' | 'neutral' | 'amber'>): string {
  const stops = Array.from({ length: 9 }, (_, i) => effectColor(i / 4 - 1, theme))
  return `linear-gradient(to right, ${stops.join(', ')})`
}

/** Both ends at their mean lightness, paler where the screen could not show them so: cut channels would bend the scale. */
function ends(theme: Pick<SceneTheme, 'blue' | 'amber'>): [Triple, Triple] {
  const blue = labOf(rgbOf(theme.blue))
  const amber = labOf(rgbOf(theme.amber))
  const lightness = (blue[0] + amber[0]) / 2
  return [shown([lightness, blue[1], blue[2]]), shown([lightness, amber[1], amber[2]])]
}

/** The nearest paler colour that sRGB has. */
function shown([L, a, b]: Triple): Triple {
  let chroma = 1
  while (chroma > 0 && linearFrom([L, chroma * a, chroma * b]).some(x => x < -1e-4 || x > 1.0001))
    chroma -= 0.01
  return [L, chroma * a, chroma * b]
}

export function labOf([r, g, b]: Triple): Triple {
  const [x, y, z] = [linear(r), linear(g), linear(b)]
  const l = Math.cbrt(0.4122214708 * x + 0.5363325363 * y + 0.0514459929 * z)
  const m = Math.cbrt(0.2119034982 * x + 0.6806995451 * y + 0.1073969566 * z)
  const s = Math.cbrt(0.0883024619 * x + 0.2817188376 * y + 0.6299787005 * z)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

function rgbFrom(lab: Triple): Triple {
  return linearFrom(lab).map(gamma) as Triple
}

function linearFrom([L, a, b]: Triple): Triple {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
}

function linear(x: number): number {
  return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4
}

function gamma(x: number): number {
  const cut = Math.max(0, Math.min(1, x))
  return cut <= 0.0031308 ? 12.92 * cut : 1.055 * cut ** (1 / 2.4) - 0.055
}
