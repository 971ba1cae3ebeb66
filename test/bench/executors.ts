/**
 * Milliseconds of a training step (forward, backward, Adam, loss read back) of the recipes' models and of an mlp 1,024 wide,
 * on each executor that starts here, beside PyTorch eager with as many threads in the same run. PEERS is the folder with
 * `train_step.py`, PYTHONPATH where torch is; without them PyTorch is left out.
 */
import type { Executor } from '../../main/engine/executor/executor'
import type { BenchModel } from './executorModels'
import { spawnSync } from 'node:child_process'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { starters } from '../../main/engine/executor/environment'
import { benchModels, initialValues, trainingStep } from './executorModels'

type Name = keyof typeof starters

/** Rounds of all executors and PyTorch by turns, so that what else the machine does falls on all alike; the best counts. */
const ROUNDS = 3
const STEPS = 25
/** A software GPU would take minutes. */
const LONGEST_MS = 4000

export async function bench(): Promise<{ name: string, figures: Record<string, number> }> {
  const figures: Record<string, number> = { 'load at the start': loadavg()[0] }
  const executors = await started()
  const threads = executors[0].threads
  figures.threads = threads
  for (const [model, definition] of Object.entries(benchModels)) {
    const best = new Map<string, number>()
    const note = (name: string, ms: number | undefined): void => {
      if (ms !== undefined) best.set(name, Math.min(ms, best.get(name) ?? Infinity))
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const executor of executors) note(executor.name, await stepTime(executor, definition))
      note('PyTorch', pytorch(model, threads))
    }
    for (const [name, ms] of best) figures[`${model}, ${name}, ms a step`] = ms
    const peer = best.get('PyTorch')
    if (peer === undefined) continue
    for (const [name, ms] of best) {
      if (name !== 'PyTorch') figures[`${model}, ${name}, times PyTorch`] = ms / peer
    }
  }
  figures['load at the end'] = loadavg()[0]
  return { name: 'executors', figures }
}

async function started(): Promise<Executor[]> {
  const executors: Executor[] = []
  for (const name of ['wasm', 'tensorflow', 'webgpu'] satisfies Name[]) await starters[name]().then(executor => executors.push(executor), () => {})
  return executors
}

/** Median after a few steps. */
async function stepTime(executor: Executor, model: BenchModel): Promise<number | undefined> {
  const values = initialValues(model)
  const upload = (zero: boolean) => model.parameters.map(([, shape], i) => executor.upload(zero ? new Float32Array(values[i].length) : values[i], shape))
  let state = [...upload(false), ...upload(true), ...upload(true)]
  const data = model.data().map(({ values, shape }) => executor.upload(values, shape))
  const program = executor.compile(trainingStep(model))
  const times: number[] = []
  const began = performance.now()
  for (let step = 0; step < STEPS && performance.now() - began < LONGEST_MS; step++) {
    const start = performance.now()
    const outputs = await program([...state, ...data])
    const loss = outputs.pop()!
    await executor.download(loss)
    times.push(performance.now() - start)
    executor.free(...state, loss)
    state = outputs
  }
  executor.free(...state, ...data)
  const settled = times.slice(Math.ceil(times.length / 4)).sort((a, b) => a - b)
  return settled[settled.length >> 1]
}

function pytorch(model: string, threads: number): number | undefined {
  const peers = process.env.PEERS
  if (!peers) return undefined
  const script = model === 'wide' ? join(import.meta.dirname, 'wideMlp.py') : join(peers, 'train_step.py')
  const named = model === 'wide' ? [] : ['--model', model]
  const { stdout, status } = spawnSync('python3', [script, ...named, '--steps', '40', '--threads', String(threads)], { encoding: 'utf8', env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' } })
  if (status !== 0) return undefined
  return (JSON.parse(stdout.trim().split('\n').at(-1)!) as { msPerStep: number }).msPerStep
}
