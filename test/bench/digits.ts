/**
 * The digits patient: training from nothing, one stimulation of a unit over 256 items as the engine process answers it,
 * the same through host and log, re-execution, and the memory of both processes.
 */
import type { TrainingInfo } from '../../preload/contract/rpc'
import type { Bench, BenchContext } from './bench'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { EngineClient } from '../../main/host/engineClient'
import { forkProcess } from '../../main/host/forkProcess'
import { createTheatre } from '../../main/theatre/theatre'
import { percentile, rounded } from './bench'

const STIMULATIONS = 1000

export async function bench({ here, say }: BenchContext): Promise<Bench> {
  const home = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  const engine = new EngineClient({ start: () => forkProcess({ file: join(here, 'engine.js'), env: process.env, log: say }), log: say })
  const finished = Promise.withResolvers<void>()
  const theatre = createTheatre({
    home,
    resources: join(dirname(dirname(here)), 'resources'),
    engine,
    appVersion: 'bench',
    surface: 'browser',
    lockFile: '',
    chooseFolder: async () => undefined,
    useExecutor: () => engine.restart(),
    tell: (event, ...[info]) => {
      if (event === 'training' && (info as TrainingInfo).state === 'finished') finished.resolve()
    },
    log: say,
  })
  engine.start()
  try {
    const { host, figures: trained } = { host: theatre.functions, figures: await train(theatre.functions, finished.promise) }
    await host.openPatient('digits')
    const idle = { 'host resident, MB': megabytes(process.pid), 'engine resident, MB': megabytes(engine.pid!) }
    return { name: 'digits', figures: { ...trained, ...idle, ...await stimulate(host) } }
  }
  finally {
    await theatre.close()
    rmSync(home, { recursive: true, force: true })
  }
}

type Host = ReturnType<typeof createTheatre>['functions']

async function train(host: Host, finished: Promise<void>): Promise<Bench['figures']> {
  const start = performance.now()
  await host.train({ recipe: 'digits', name: 'bench', seed: 1 })
  await finished
  const { training } = await host.hello()
  return {
    'training, s': rounded((performance.now() - start) / 1000),
    'test accuracy': training!.metrics!.testAccuracy,
    'training step, ms': rounded(training!.msPerStep),
  }
}

async function stimulate(host: Host): Promise<Bench['figures']> {
  await host.startRecording({ title: 'bench', operators: [] })
  const engineMs: number[] = []
  const wholeMs: number[] = []
  for (let i = 0; i < STIMULATIONS; i++) {
    const start = performance.now()
    const result = await host.stimulate({ set: { interventions: [{ site: `layers.0.unit[${i % 256}]`, op: 'gate', strength: 0, baseline: 'mean' }], compose: false }, focus: 7, replaces: true })
    wholeMs.push(performance.now() - start)
    engineMs.push(result.engineMs)
  }
  const { path } = await host.stopRecording()
  await host.openSession(path)
  const start = performance.now()
  const { classes, trials } = await host.verify()
  return {
    'stimulate 256 items in the engine, ms p50': rounded(percentile(engineMs, 0.5)),
    'stimulate 256 items in the engine, ms p95': rounded(percentile(engineMs, 0.95)),
    'stimulate, recorded, through the host, ms p95': rounded(percentile(wholeMs, 0.95)),
    're-executed bit-exact': `${classes['bit-exact']} of ${trials}`,
    're-execution, trials/s': rounded(trials / (performance.now() - start) * 1000),
  }
}

/** Resident set from /proc; elsewhere only this process can be asked. */
function megabytes(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Math.round(Number(kilobytes) / 1024)
  }
  catch {
    return pid === process.pid ? Math.round(process.memoryUsage.rss() / 2 ** 20) : Number.NaN
  }
}
