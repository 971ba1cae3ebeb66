/**
 * What a sweep costs: every hidden unit of `digits` zero-ablated over 1,000 items, every weight of its middle layer, and,
 * where PEERS names the folder of PyTorch's scripts, the hook loop that users of other tools write, in the same run on the
 * same machine. Effects are compared, too. One engine thread; PyTorch as it comes, and on one thread.
 */
import type { SweepSubject } from '../../main/engine/sweep/subject'
import type { SweepResult } from '../../preload/contract/sweep'
import type { Bench, BenchContext } from './bench'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { createWasmExecutor } from '../../main/engine/executor/wasm'
import { openPatient } from '../../main/engine/stimulation/patient'
import { sweep } from '../../main/engine/sweep/sweep'
import { gatherInputs } from '../../main/engine/task/items'
import { readDataset } from '../../main/files/dataset'
import { readPrimary } from '../../main/files/primary'
import { writeSafetensors } from '../../main/files/safetensors'
import { findResources } from '../../main/files/shipped'
import { expandSites } from '../../preload/contract/sweepSites'
import { rounded } from './bench'

const ITEMS = 1000
const ROUNDS = 5
const rows = Int32Array.from({ length: ITEMS }, (_, i) => i)

interface Peer { sitesPerSecond: number, effects: Record<string, number> }

export async function bench({ here }: BenchContext): Promise<Bench> {
  const primary = join(await findResources(here), 'primaries/digits')
  const executor = createWasmExecutor()
  const { file, weights } = await readPrimary(primary)
  const { items } = await readDataset('mnist', { split: 'test' })
  const patient = await openPatient(executor, { architecture: file.architecture, weights, items, calibration: rows })
  const { model, knowledge, observer } = patient
  const subject: SweepSubject = { model, knowledge, observer, weights, items, stimulate: request => patient.stimulate(request, () => 0) }
  const run = (sites: string): Promise<SweepResult> => sweep(executor, subject, {
    sweep: 'bench',
    sites: sites === 'units' ? sites : [sites],
    operation: { op: 'gate', strength: 0, baseline: 'zero' },
    measure: 'loss',
    items: rows,
    method: 'exact',
  }, { progress: () => {}, ready: () => new Promise(resolve => setImmediate(resolve)), cancelled: () => false, now: () => performance.now() })

  const before = await several(() => run('units'))
  const peers = await besidePyTorch(primary, gatherInputs(items, rows), items.targets.subarray(0, ITEMS))
  const units = [...before, ...await several(() => run('units'))]
  const layer = await run('layers.1.weight[*,*]')
  const [first] = before
  const rates = units.map(result => result.sites / result.seconds).sort((a, b) => a - b)
  const middle = rates[rates.length >> 1]
  const addresses = expandSites('units', file.architecture)
  patient.dispose()
  const figures: Record<string, number> = {
    'threads of the engine': executor.threads,
    'load after the run': loadavg()[0],
    'units, sites': first.sites,
    'units, sites a second, first sweep': first.sites / first.seconds,
    'units, sites a second, median': middle,
    'units, preparation, ms': 1000 * first.preparationSeconds,
    'weights of layers.1, sites': layer.sites,
    'weights of layers.1, s': layer.seconds,
  }
  for (const [name, peer] of Object.entries(peers)) {
    figures[`PyTorch ${name}, sites a second`] = peer.sitesPerSecond
    figures[`units, times PyTorch ${name}`] = middle / peer.sitesPerSecond
    figures[`units, largest difference of an effect to PyTorch ${name}, nats`] = Math.max(...addresses.map((address, i) => Math.abs(first.mean[i] - peer.effects[address])))
  }
  return { name: 'sweep', figures: Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)])) }
}

async function several(run: () => Promise<SweepResult>): Promise<SweepResult[]> {
  const results: SweepResult[] = []
  for (let round = 0; round < ROUNDS; round++) results.push(await run())
  return results
}

/** Nothing where there is no PyTorch. */
async function besidePyTorch(primary: string, inputs: Float32Array<ArrayBuffer>, targets: Int32Array): Promise<Record<string, Peer>> {
  const { PEERS } = process.env
  if (PEERS === undefined) return {}
  const folder = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  try {
    await writeSafetensors(join(folder, 'data.safetensors'), { inputs: { shape: [ITEMS, inputs.length / ITEMS], data: inputs }, targets: { shape: [ITEMS], data: Int32Array.from(targets) } })
    writeFileSync(join(folder, 'dataset.json'), JSON.stringify({ format: 'symbiote-dataset/1', name: 'mnist', kind: 'classification', inputs: { shape: [784] }, classes: 10 }))
    const peer = (method: string, ...rest: string[]): Peer => {
      const out = join(folder, `${method}.json`)
      const line = execFileSync('python3', [join(PEERS, 'sweep.py'), primary, folder, '--items', String(ITEMS), '--method', method, '--out', out, ...rest], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } })
      return { ...JSON.parse(line) as Peer, ...JSON.parse(readFileSync(out, 'utf8')) as Peer }
    }
    return { 'hooks': peer('hooks'), 'hooks on one thread': peer('hooks', '--threads', '1'), 'batched': peer('batched') }
  }
  finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
