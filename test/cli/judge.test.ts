import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const cli = join(import.meta.dirname, '../../out/main/cli.js')
let home: string
let planted: string

function symbiote(...args: string[]) {
  return spawnSync(process.execPath, [cli, ...args, '--executor', 'wasm', '--quiet'], { encoding: 'utf8', env: { ...process.env, SYMBIOTE_HOME: home }, maxBuffer: 2 ** 26 })
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'symbiote-judge-'))
  planted = join(home, 'planted')
  expect(symbiote('plant', '--design', 'backup', '--seed', '3', '--out', planted).status).toBe(0)
}, 60_000)
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))

describe('symbiote judge', () => {
  const about = (kind: string): string[] => [join(planted, 'primary'), '--dataset', join(planted, 'task-0'), '--truth', join(planted, `task-0.${kind}.truth.json`), '--sites', kind]

  it('prints figures of every method that was asked for', () => {
    const ran = symbiote('judge', ...about('weights'), '--methods', 'magnitude,integrated,random', '--items', '200', '--json')
    expect(ran.status).toBe(0)
    const result = JSON.parse(ran.stdout) as { items: number, candidates: Record<string, number>, methods: { name: string, auroc: number, ap: number, seconds: number }[] }
    expect(result.items).toBe(200)
    expect(result.methods.map(({ name }) => name)).toEqual(['magnitude', 'integrated', 'random'])
    const [, integrated, random] = result.methods
    expect(integrated.ap).toBeGreaterThan(0.6)
    expect(random.ap).toBeLessThan(0.2)
    expect(result.candidates.sites).toBeGreaterThan(5)
  }, 60_000)

  it('names a method that does not fit with its reason, in a table that says how much was left out', () => {
    const ran = symbiote('judge', ...about('units'), '--methods', 'magnitude,ablation', '--baseline', 'mean')
    expect(ran.status).toBe(0)
    expect(ran.stdout).toMatch(/^magnitude +not run: layers\.0\.unit\[0\] is no weight/m)
    expect(ran.stdout).toMatch(/^ablation +[01]\.\d{3} +[01]\.\d{3} +\d/m)
  }, 60_000)

  it('ends with 2 for what it does not understand and with 1 for a truth about something else', () => {
    expect(symbiote('judge', ...about('weights'), '--methods', 'luck').status).toBe(2)
    expect(symbiote('judge', ...about('weights').with(-1, 'thoughts')).status).toBe(2)
    const ran = symbiote('judge', ...about('weights').with(-1, 'units'))
    expect(ran.status).toBe(1)
    expect(ran.stderr).toContain('truth about weights')
  }, 60_000)
})

describe('symbiote reader', () => {
  it('learns from two primaries, says how it does on each, and is applied to a third by judge', () => {
    const [second, third, out] = ['second', 'third', 'reader.json'].map(name => join(home, name))
    expect(symbiote('plant', '--design', 'backup', '--seed', '1', '--out', second).status).toBe(0)
    expect(symbiote('plant', '--design', 'backup', '--seed', '6', '--width', '24', '--out', third).status).toBe(0)
    const trained = symbiote('reader', join(planted, 'primary'), join(second, 'primary'), '--sites', 'weights', '--seeds', '2', '--steps', '200', '--out', out, '--json')
    expect(trained.stderr).toBe('')
    const { primaries } = JSON.parse(trained.stdout) as { primaries: { name: string, ap: number }[] }
    expect(primaries.map(({ name }) => name)).toEqual(['backup-3', 'backup-1'])
    for (const { ap } of primaries) expect(ap).toBeGreaterThan(0.3)
    const judged = symbiote('judge', join(third, 'primary'), '--dataset', join(third, 'task-0'), '--truth', join(third, 'task-0.weights.truth.json'), '--sites', 'weights', '--methods', 'reader,random', '--reader', out, '--json')
    expect(judged.stderr).toBe('')
    const { methods } = JSON.parse(judged.stdout) as { methods: { name: string, ap: number }[] }
    expect(methods[0].ap).toBeGreaterThan(0.5)
    expect(methods[1].ap).toBeLessThan(0.3)
  }, 240_000)

  it('refuses the same primary twice, and a file that is no .json', () => {
    const twice = symbiote('reader', join(planted, 'primary'), join(planted, 'primary'), '--sites', 'weights', '--out', join(home, 'twice.json'))
    expect(twice.status).toBe(1)
    expect(twice.stderr).toContain('Name each primary once')
    expect(symbiote('reader', join(planted, 'primary'), '--sites', 'weights', '--out', join(home, 'reader')).status).toBe(2)
  }, 60_000)
})
