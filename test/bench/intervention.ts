/**
 * What one intervention costs over the plain forward pass: the same rows through the same primary, without any change, with
 * one unit or head gated, and gated the way a stimulation runs, from where it acts on. By turns; differences of medians. On a
 * busy machine take the processor time of the run instead.
 */
import type { Value } from '../../main/engine/executor/executor'
import type { Plan } from '../../main/engine/stimulation/plan'
import type { Architecture } from '../../preload/contract/primary'
import type { Bench, BenchContext } from './bench'
import { dirname, join } from 'node:path'
import { uploadTensor } from '../../main/engine/executor/executor'
import { createWasmExecutor } from '../../main/engine/executor/wasm'
import { hookNamed } from '../../main/engine/primary/model'
import { modelOf } from '../../main/engine/primary/models'
import { beginningOf } from '../../main/engine/stimulation/beginning'
import { Programs } from '../../main/engine/stimulation/programs'
import { readPrimary } from '../../main/files/primary'
import { percentile, rounded } from './bench'

const ROUNDS = 400

export async function bench({ here }: BenchContext): Promise<Bench> {
  const primaries = join(dirname(dirname(here)), 'resources/primaries')
  return {
    name: 'intervention',
    figures: {
      ...await cost('digits', join(primaries, 'digits'), 'layers.0', 1),
      ...await cost('digits', join(primaries, 'digits'), 'layers.0', 256),
      ...await cost('induction', join(primaries, 'induction'), 'blocks.1.attn.z', 1),
    },
  }
}

async function cost(name: string, folder: string, hook: string, rows: number): Promise<Bench['figures']> {
  const { file: { architecture }, weights } = await readPrimary(folder)
  const executor = createWasmExecutor()
  const model = modelOf(architecture)
  const parameters = model.parameters.map(([parameter]) => uploadTensor(executor, weights[parameter]))
  const width = inputWidth(architecture)
  const inputs = executor.upload(new Float32Array(rows * width).fill(architecture.kind === 'transformer' ? 3 : 0.5), [rows, width])
  const programs = new Programs(executor, model, [])
  const { positions, width: across } = hookNamed(model, hook)
  const scale = new Float32Array(positions * across).fill(1)
  scale[7] = 0
  const plain: Plan = { hooks: {}, reads: [], weights: {} }
  const gated: Plan = { hooks: { [hook]: [{ kind: 'affine', scale, offset: new Float32Array(positions * across), perItem: false }] }, reads: [], weights: {} }
  const begin = beginningOf(gated, model)!
  const at = (name: string): Value => executor.upload(new Float32Array(rows * hookNamed(model, name).positions * hookNamed(model, name).width).fill(0.3), [rows, ...hookNamed(model, name).shape])
  const start = [at(begin.hook), ...begin.stream === undefined ? [] : [at(begin.stream)]]
  const sides = [['plain', plain, [inputs]], ['gated', gated, [inputs]], ['begun', { ...gated, begin }, start]] as const
  const times: Record<'plain' | 'gated' | 'begun', number[]> = { plain: [], gated: [], begun: [] }
  for (let round = -20; round < ROUNDS; round++) {
    for (const [side, plan, values] of sides) {
      const started = performance.now()
      await programs.run(parameters, [...values], plan)
      if (round >= 0) times[side].push(performance.now() - started)
    }
  }
  executor.free(...parameters, inputs, ...start)
  const [without, withOne] = [percentile(times.plain, 0.5), percentile(times.gated, 0.5)]
  const what = `${name}, ${rows} item${rows === 1 ? '' : 's'}`
  return {
    [`${what}: forward pass, µs p50`]: rounded(1000 * without),
    [`${what}: one intervention over it, µs`]: rounded(1000 * (withOne - without)),
    [`${what}: the same, begun where it acts, µs`]: rounded(1000 * (percentile(times.begun, 0.5) - without)),
  }
}

function inputWidth(architecture: Architecture): number {
  switch (architecture.kind) {
    case 'mlp': return architecture.inputs
    case 'cnn': return architecture.input.reduce((a, b) => a * b)
    case 'transformer': return architecture.context
    default: return architecture satisfies never
  }
}
