import { describe, expect, it } from 'vitest'
import { effectColor, effectLookup, LOOKUP_SIZE } from '../../../renderer/scene/effectScale'
import { sceneThemes } from '../../../renderer/scene/theme'

type Triple = [number, number, number]

function linear(bytes: ArrayLike<number>): Triple {
  return [0, 1, 2].map((k) => {
    const x = bytes[k]! / 255
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4
  }) as Triple
}

/** CIELAB under D65: a different space from the one the scale is made in. */
function cielab([r, g, b]: Triple): Triple {
  const f = (x: number): number => x > 216 / 24389 ? Math.cbrt(x) : (24389 / 27 * x + 16) / 116
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

/** Full-strength dichromats, on linear RGB (Machado, Oliveira and Fernandes 2009, table 1). */
const BLINDNESS: Record<string, number[][]> = {
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}

const distance = (a: Triple, b: Triple): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])

describe.each(Object.entries(sceneThemes))('effect scale, %s theme', (_, theme) => {
  const table = effectLookup(theme)
  const entry = (i: number): Uint8Array => table.subarray(4 * i, 4 * i + 3)
  const middle = (LOOKUP_SIZE - 1) / 2
  const hex = (i: number): string => `#${[...entry(i)].map(x => x.toString(16).padStart(2, '0')).join('')}`

  it('is neutral at 0', () => {
    expect(hex(middle)).toBe(theme.neutral)
    expect(effectColor(0, theme)).toBe(theme.neutral)
  })

  it('is as conspicuous for a decrease as for an increase', () => {
    for (let i = 1; i <= middle; i++) {
      const [down, up] = [cielab(linear(entry(middle - i))), cielab(linear(entry(middle + i)))]
      expect(Math.abs(down[0] - up[0])).toBeLessThan(6)
    }
  })

  it('moves away from neutral with every step', () => {
    const neutral = cielab(linear(entry(middle)))
    for (const sign of [-1, 1]) {
      const away = Array.from({ length: 9 }, (_, k) => distance(cielab(linear(entry(middle + sign * k * 16))), neutral))
      for (let k = 1; k < 9; k++)
        expect(away[k]!).toBeGreaterThan(away[k - 1]!)
    }
  })

  it('goes to blue below and to amber above', () => {
    const [blue, amber] = [entry(0), entry(LOOKUP_SIZE - 1)]
    expect(blue[2]!).toBeGreaterThan(blue[0]! + 80)
    expect(amber[0]!).toBeGreaterThan(amber[2]! + 80)
  })

  it.each(Object.entries(BLINDNESS))('keeps both signs apart under %s', (_, matrix) => {
    const seen = (i: number): Triple => {
      const rgb = linear(entry(i))
      return cielab(matrix.map(row => Math.max(0, Math.min(1, row[0]! * rgb[0] + row[1]! * rgb[1] + row[2]! * rgb[2]))) as Triple)
    }
    // 2.3 is a just noticeable difference; half effects must be told apart at a glance.
    expect(distance(seen(0), seen(LOOKUP_SIZE - 1))).toBeGreaterThan(45)
    expect(distance(seen(middle / 2), seen(middle * 3 / 2))).toBeGreaterThan(20)
  })

  it('cuts at the ends and agrees with the colour a legend asks for', () => {
    expect(effectColor(-7, theme)).toBe(hex(0))
    expect(effectColor(2, theme)).toBe(hex(LOOKUP_SIZE - 1))
    expect(effectColor(0.5, theme)).toBe(hex(middle * 3 / 2))
  })
})
