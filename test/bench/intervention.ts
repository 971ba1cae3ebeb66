import type { Plan } from '../../main/engine/stimulation/plan'
/**
 * What one intervention costs over the plain forward pass: the same rows through the same primary, without any change and
 * with one unit or head gated. The two by turns; the difference of the medians is the cost.
 */
import type { Architecture } from '../../preload/contract/primary'
import type { Bench, BenchContext } from './bench'
import { dirname, join } from 'node:path'
import { uploadTensor } from '../../main/engine/executor/executor'
import { createWasmExecutor } from '../../main/engine/executor/wasm'
import { hookNamed } from '../../main/engine/primary/model'
import { modelOf } from '../../main/engine/primary/models'
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
  const times: Record<'plain' | 'gated', number[]> = { plain: [], gated: [] }
  for (let round = -20; round < ROUNDS; round++) {
    for (const [side, plan] of [['plain', plain], ['gated', gated]] as const) {
      const start = performance.now()
      await programs.run(parameters, [inputs], plan)
      if (round >= 0) times[side].push(performance.now() - start)
    }
  }
  executor.free(...parameters, inputs)
  const [without, withOne] = [percentile(times.plain, 0.5), percentile(times.gated, 0.5)]
  const what = `${name}, ${rows} item${rows === 1 ? '' : 's'}`
  return {
    [`${what}: forward pass, µs p50`]: rounded(1000 * without),
    [`${what}: one intervention over it, µs`]: rounded(1000 * (withOne - without)),
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
