import type { Invocation } from '../../main/cli/command'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ladderOption, operationOption, sitesOption } from '../../main/cli/commands/sweepOptions'

const cli = join(import.meta.dirname, '../../out/main/cli.js')
let home: string
beforeAll(async () => { home = await mkdtemp(join(tmpdir(), 'symbiote-sweep-')) })
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))

function symbiote(...args: string[]) {
  return spawnSync(process.execPath, [cli, ...args, '--executor', 'wasm', '--quiet'], { encoding: 'utf8', env: { ...process.env, SYMBIOTE_HOME: home }, maxBuffer: 2 ** 26 })
}

describe('symbiote sweep', () => {
  it('prints one object with an effect for every site, and writes the same to a file', async () => {
    const out = join(home, 'units.json')
    const ran = symbiote('sweep', 'digits', '--dataset', 'mnist', '--sites', 'units', '--items', '200', '--json', '--out', out)
    expect(ran.status).toBe(0)
    const result = JSON.parse(ran.stdout) as { sites: number, items: number, seconds: number, sitesPerSecond: number, baseline: { loss: number }, effects: Record<string, number> }
    expect(result).toMatchObject({ sites: 384, items: 200 })
    expect(Object.keys(result.effects)).toHaveLength(384)
    expect(result.sitesPerSecond).toBeCloseTo(384 / result.seconds, 6)
    expect(result.baseline.loss).toBeGreaterThan(0)
    expect(JSON.parse(await readFile(out, 'utf8'))).toEqual(result)
  }, 60_000)

  it('writes a row per site with effect, standard error and n, equal to a full run of each', async () => {
    const rows = async (method: string): Promise<string[][]> => {
      const out = join(home, `${method}.csv`)
      expect(symbiote('sweep', 'digits', '--dataset', 'mnist', '--sites', 'layers.1.unit[0:4];layers.1.weight[3,7:9]', '--op', 'drive:2', '--measure', 'margin', '--items', '150', '--method', method, '--out', out).status).toBe(0)
      return (await readFile(out, 'utf8')).trim().split('\n').map(line => line.startsWith('"') ? [line.slice(1, line.indexOf('"', 1)), ...line.slice(line.indexOf('"', 1) + 2).split(',')] : line.split(','))
    }
    const [exact, slow] = [await rows('exact'), await rows('slow')]
    expect(exact[0]).toEqual(['address', 'effect', 'se', 'n'])
    expect(exact.map(([address]) => address)).toEqual(['address', 'layers.1.unit[0]', 'layers.1.unit[1]', 'layers.1.unit[2]', 'layers.1.unit[3]', 'layers.1.weight[3,7]', 'layers.1.weight[3,8]'])
    for (let i = 1; i < exact.length; i++) {
      expect(Math.abs(Number(exact[i][1]) - Number(slow[i][1]))).toBeLessThan(1e-5)
      expect(Math.abs(Number(exact[i][2]) - Number(slow[i][2]))).toBeLessThan(1e-5)
      expect(exact[i][3]).toBe('150')
    }
  }, 60_000)

  it('ends with 2 for what it does not understand and with 1 for what is not there', () => {
    expect(symbiote('sweep', 'digits', '--dataset', 'mnist', '--sites', 'units', '--op', 'gate').status).toBe(2)
    expect(symbiote('sweep', 'digits', '--dataset', 'mnist', '--sites', 'units', '--measure', 'beauty').status).toBe(2)
    const ran = symbiote('sweep', 'digits', '--dataset', 'mnist', '--sites', 'heads')
    expect(ran.status).toBe(1)
    expect(ran.stderr.trim().split('\n')).toHaveLength(1)
  }, 60_000)
})

it('symbiote dose prints a ladder with its threshold', () => {
  const ran = symbiote('dose', 'digits', '--dataset', 'mnist', '--site', 'layers.1.unit[9]', '--op', 'drive', '--ladder', '-6:6:3', '--items', '400', '--json')
  expect(ran.status).toBe(0)
  const { site, ladder, threshold } = JSON.parse(ran.stdout) as { site: string, ladder: { strength: number, mean: number, se: number }[], threshold: number | null }
  expect(site).toBe('layers.1.unit[9]')
  expect(ladder.map(({ strength }) => strength)).toEqual([-6, -3, 0, 3, 6])
  expect(ladder[2]).toMatchObject({ mean: 0, se: 0 })
  expect(threshold === null || Math.abs(threshold) >= 3).toBe(true)
}, 60_000)

describe('options', () => {
  const op = (text: string, baseline = 'zero', given: 'strength' | 'ladder' = 'strength') => operationOption({ options: { op: text, baseline } } as unknown as Invocation, given)

  it('reads operations', () => {
    expect(op('gate:0.5', 'resample:7')).toEqual({ op: 'gate', strength: 0.5, baseline: { resample: 7 } })
    expect(op('drive:-2')).toEqual({ op: 'drive', strength: -2 })
    expect(op('noise:1.5:4')).toEqual({ op: 'noise', strength: 1.5, seed: 4 })
    expect(op('patch')).toEqual({ op: 'patch' })
    expect(op('noise:9', 'zero', 'ladder')).toEqual({ op: 'noise', strength: 0, seed: 9 })
    for (const wrong of ['gate', 'gate:', 'gate:x', 'gate:1:2', 'patch:1', 'push:1', '']) expect(() => op(wrong)).toThrow(/--op/)
    expect(() => op('gate:0', 'resample')).toThrow(/--baseline/)
    expect(() => op('drive:2', 'zero', 'ladder')).toThrow(/ladder/)
  })

  it('reads ladders to the last rung', () => {
    expect(ladderOption('-1:1:0.5')).toEqual([-1, -0.5, 0, 0.5, 1])
    expect(ladderOption('0:0.3:0.1')).toEqual([0, 0.1, 0.2, 0.3])
    for (const wrong of ['1:0:1', '0:1', '0:1:0', '0:1:-1', 'a:b:c', '0:1:1e-9']) expect(() => ladderOption(wrong)).toThrow(/--ladder/)
  })

  it('reads sites', () => {
    expect(sitesOption('units')).toBe('units')
    expect(sitesOption('layers.0.weight[1,2]; layers.1')).toEqual(['layers.0.weight[1,2]', 'layers.1'])
  })
})
