import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const cli = join(import.meta.dirname, '../../out/main/cli.js')
let home: string
let primary: string
let datasets: string[]

function symbiote(...args: string[]) {
  return spawnSync(process.execPath, [cli, ...args, '--executor', 'wasm', '--quiet'], { encoding: 'utf8', env: { ...process.env, SYMBIOTE_HOME: home }, maxBuffer: 2 ** 26 })
}

const find = (...args: string[]) => symbiote('find', primary, '--sites', 'weights', '--family', 'conditioned', '--certificate', 'fast', '--seeds', '2', '--steps', '200', ...args)

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'symbiote-contexts-'))
  expect(symbiote('plant', '--design', 'split', '--seed', '2', '--out', join(home, 'planted')).status).toBe(0)
  primary = join(home, 'planted/primary')
  datasets = [0, 1].map(task => join(home, `planted/task-${task}`))
}, 60_000)
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))

interface Circuit { name: string, out: string, sites: { address: string, member: boolean }[], certificate: { asked: { task: { name: string }, together: string[] }, provenance: { datasetSha256: string } } }

describe('symbiote find with several tasks', () => {
  it('gives each a circuit of its own, in a folder of its own', async () => {
    const out = join(home, 'found')
    const ran = find(...datasets.flatMap(dataset => ['--dataset', dataset]), '--out', out, '--json')
    expect(ran.stderr).toBe('')
    const { contexts, shared } = JSON.parse(ran.stdout) as { contexts: Circuit[], shared: number[][] }
    expect(contexts.map(({ name }) => name)).toEqual(['split-task-0', 'split-task-1'])
    expect(await readdir(out)).toEqual(['split-task-0', 'split-task-1'])
    const members: Set<string>[] = []
    for (const { out, name, sites, certificate } of contexts) {
      expect(certificate.asked.task.name).toBe(name)
      const file = JSON.parse(await readFile(join(out, 'circuit.json'), 'utf8')) as { sites: { address: string, member: boolean }[], datasetSha256: string }
      expect(file.sites).toEqual(sites)
      expect(file.datasetSha256).toBe(certificate.provenance.datasetSha256)
      members.push(new Set(sites.filter(({ member }) => member).map(({ address }) => address)))
    }
    const both = [...members[0]].filter(address => members[1].has(address)).length
    expect(shared).toEqual([[members[0].size, both], [both, members[1].size]])
    expect(both).toBeLessThan(Math.min(...members.map(({ size }) => size)) / 2)
    expect(contexts[0].certificate.provenance.datasetSha256).not.toBe(contexts[1].certificate.provenance.datasetSha256)
  }, 120_000)

  it('refuses, before anything is trained, what one symbiote cannot learn', async () => {
    const both = datasets.flatMap(dataset => ['--dataset', dataset])
    const refused = (args: string[]): string => {
      const { status, stderr } = symbiote('find', primary, '--sites', 'weights', '--out', join(home, 'refused'), ...args)
      expect(status).toBe(1)
      return stderr
    }
    expect(refused(both)).toMatch(/2 tasks were given, and a symbiote of the family free learns one\. Use --family conditioned/)
    expect(refused([...both, '--family', 'conditioned', '--objective', 'dissociate'])).toMatch(/a dissociation is between one task and its references/)
    expect(refused(['--dataset', datasets[0], '--dataset', datasets[0], '--family', 'conditioned'])).toMatch(/split-task-0 was given twice/)
    expect(refused(['--dataset', datasets[0], '--family', 'conditioned', '--objective', 'steer', '--target', '1', '--target', '99'])).toMatch(/There is no class 99/)
    expect(refused(['--dataset', datasets[0], '--family', 'conditioned', '--target', '0', '--target', '1'])).toMatch(/several target classes mean nothing to the objective sufficient/)
    expect(refused([...both, '--reference', datasets[1], '--family', 'conditioned', '--objective', 'necessary'])).toMatch(/overlaps the task split-task-1/)
    expect(symbiote('find', primary, '--sites', 'weights', '--target', 'one', '--family', 'conditioned').status).toBe(2)
    expect(await readdir(home)).not.toContain('refused')
  }, 60_000)
})
