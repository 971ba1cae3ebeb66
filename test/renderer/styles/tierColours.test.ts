/** Colours of tiers as the style sheet has them: apart from each other for every kind of colour vision, and readable on the panel. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TIER_COLOURS } from '../../../preload/contract/vocabulary'

const css = readFileSync(join(import.meta.dirname, '../../../renderer/styles/tokens.css'), 'utf8')
const [dark, light] = [css.slice(css.indexOf(':root {'), css.indexOf('}')), css.slice(css.indexOf('[data-theme="light"]'))]

type Rgb = [number, number, number]
const hexOf = (block: string, name: string): string => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(block)![1]!
const linear = (hex: string): Rgb => [1, 3, 5].map(at => Number.parseInt(hex.slice(at, at + 2), 16) / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4) as Rgb

/** Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB. */
const VISION: Record<string, number[][]> = {
  'usual vision': [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  'protanopia': [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  'deuteranopia': [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  'tritanopia': [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
const seen = (rgb: Rgb, matrix: number[][]): Rgb => matrix.map(row => Math.min(1, Math.max(0, row.reduce((sum, weight, i) => sum + weight * rgb[i]!, 0)))) as Rgb

/** CIE L*a*b* under D65. */
function lab([r, g, b]: Rgb): Rgb {
  const f = (t: number): number => t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}
const distance = (a: Rgb, b: Rgb): number => Math.hypot(...lab(a).map((value, i) => value - lab(b)[i]!))
const luminance = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b
const contrast = (a: Rgb, b: Rgb): number => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05)

describe.each([['dark', dark], ['light', light]])('%s theme', (_, block) => {
  const colours = TIER_COLOURS.map(name => [name, linear(hexOf(block, `tier-${name}`))] as const)

  it.each(Object.entries(VISION))('tells them apart with %s', (_, matrix) => {
    for (const [a, first] of colours) {
      for (const [b, second] of colours) {
        if (a < b)
          expect(distance(seen(first, matrix), seen(second, matrix)), `${a} and ${b}`).toBeGreaterThan(20)
      }
    }
  })

  it('has each of them stand out from the panel as WCAG asks of graphics', () => {
    for (const [name, colour] of colours)
      expect(contrast(colour, linear(hexOf(block, 'panel'))), name).toBeGreaterThan(3)
  })
})
