import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPrimary } from '../../main/files/primary'
import { expandSites } from '../../preload/contract/sweepSites'

const cli = join(import.meta.dirname, '../../out/main/cli.js')
let home: string
let primaries: string[]
let circuits: string[]

function symbiote(...args: string[]) {
  return spawnSync(process.execPath, [cli, ...args, '--executor', 'wasm', '--quiet'], { encoding: 'utf8', env: { ...process.env, SYMBIOTE_HOME: home }, maxBuffer: 2 ** 26 })
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'symbiote-match-'))
  primaries = []
  circuits = []
  for (const width of ['20', '24']) {
    const out = join(home, `backup-${width}`)
    expect(symbiote('plant', '--design', 'backup', '--seed', '3', '--width', width, '--out', out).status).toBe(0)
    const { file: { architecture }, weightsSha256 } = await readPrimary(join(out, 'primary'))
    const truth = JSON.parse(await readFile(join(out, 'task-0.units.truth.json'), 'utf8')) as { sites: string[] }
    const circuit = join(home, `circuit-${width}.json`)
    await writeFile(circuit, JSON.stringify({ objective: 'sufficient', baseline: 'zero', budget: 0.1, seeds: 1, primarySha256: weightsSha256, datasetSha256: '', sites: expandSites('units', architecture).map(address => ({ address, score: truth.sites.includes(address) ? 1 : 0, member: truth.sites.includes(address) })) }))
    primaries.push(join(out, 'primary'))
    circuits.push(circuit)
  }
}, 120_000)
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))

describe('symbiote match', () => {
  it('pairs the units of one planted circuit in two primaries of different width, and says what random circuits give', () => {
    const ran = symbiote('match', primaries[0], circuits[0], primaries[1], circuits[1], '--json')
    expect(ran.stderr).toBe('')
    const { pairs, mean, random, sites } = JSON.parse(ran.stdout) as { pairs: { a: string, b: string, r: number }[], mean: number, sites: number[], random: { mean: number, p: number } }
    expect(sites[0]).toBe(sites[1])
    expect(pairs).toHaveLength(sites[0])
    // The same rules read off the same inputs: only the noise around them differs.
    for (const { r } of pairs) expect(r).toBeGreaterThan(0.95)
    expect(mean).toBeGreaterThan(random.mean + 0.1)
    expect(random.p).toBeLessThan(0.05)
    const text = symbiote('match', primaries[0], circuits[0], primaries[1], circuits[1]).stdout
    expect(text).toMatch(/^backup-3-20 and backup-3-24: activations on 256 held-out items/)
  }, 60_000)

  it('refuses a circuit of another primary, and a call that lacks one', () => {
    const crossed = symbiote('match', primaries[0], circuits[1], primaries[1], circuits[0])
    expect(crossed.status).toBe(1)
    expect(crossed.stderr).toContain('is the circuit of a primary with other weights')
    expect(symbiote('match', primaries[0], circuits[0]).status).toBe(2)
  }, 60_000)
})
