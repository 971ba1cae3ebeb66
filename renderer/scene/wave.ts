/** When each sheet shows its effect. The shaders and the processor share these numbers, so the picture can be computed for any moment. */

/** From one sheet to the next, ms. */
export const LAYER_MS = 90
/** A sheet's colours fade in over, ms. */
export const FADE_MS = 150
/** Afterglow of an arrival, ms. */
export const GLOW_MS = 320

/** ms after the start at which `sheet` begins to change. The stimulated sheet changes in the first frame. */
export function arrival(sheet: number, origin: number): number {
  return sheet <= origin ? -FADE_MS : (sheet - origin) * LAYER_MS
}

/** How far `sheet` has changed `now` ms after the start, 0…1. The vertex shader computes the same. */
export function progress(sheet: number, origin: number, now: number): number {
  const t = Math.max(0, Math.min(1, (now - arrival(sheet, origin)) / FADE_MS))
  return t * t * (3 - 2 * t)
}

/** ms until nothing moves any more. */
export function duration(sheets: number, origin: number): number {
  return Math.max(0, sheets - 1 - origin) * LAYER_MS + Math.max(FADE_MS, GLOW_MS)
}
