/**
 * The transformer in plain loops and doubles, one item at a time, with every intervention done the slow and obvious way.
 * An oracle, not an engine. Values are [position][scalar] lists; a head's are [position][head][inner].
 */
import type { Tensor } from '../../preload/contract/engine'
import type { TransformerArchitecture } from '../../preload/contract/primary'
import { transformerTensors } from '../../preload/contract/primary'
import { erf, numbers } from './reference'

export type Matrix = number[][]
export interface TransformerTouch {
  /** May change a value at a hook: `blocks.0.resid_pre`, `blocks.0.attn.q` (heads side by side), `blocks.0.mlp.unit` … */
  at?: (hook: string, position: number, index: number, value: number) => number
  /** May change what a writer contributes to a reader: `blocks.0.attn/1` (head 1), `blocks.0.mlp/3` (unit 3) or `embed` to `blocks.1.attn.k/0` … */
  edge?: (writer: string, reader: string, position: number, contribution: number[]) => number[]
}

export interface TransformerRun {
  /** [position][class], or one row where the last position answers. */
  logits: Matrix
  hooks: Record<string, Matrix>
  /** [head][query][key] by block. */
  patterns: number[][][][]
}

export function referenceTransformer(architecture: TransformerArchitecture, weights: Record<string, Tensor>, tokens: ArrayLike<number>, touch: TransformerTouch = {}): TransformerRun {
  const { layers, dModel, heads, dHead, dMlp, attention, outputs } = architecture
  const hooks: Record<string, Matrix> = {}
  const patterns: number[][][][] = []
  const n = tokens.length
  const w = (name: string, ...index: number[]): number => {
    const tensor = weights[name]
    return tensor.data[index.reduce((flat, i, axis) => flat * tensor.shape[axis] + i, 0)]
  }
  const bias = (name: string, ...index: number[]): number => weights[name] ? w(name, ...index) : 0
  const tap = (hook: string, values: Matrix): Matrix => (hooks[hook] = values.map((row, t) => row.map((value, i) => touch.at ? touch.at(hook, t, i, value) : value)))
  const range = (k: number): number[] => Array.from({ length: k }, (_, i) => i)

  const contributions: { writer: string, values: Matrix }[] = []
  const write = (writer: string, values: Matrix): void => void contributions.push({ writer, values })
  /** The stream as one reader sees it. */
  const streamFor = (reader: string, stream: Matrix): Matrix => {
    const { edge } = touch
    if (!edge) return stream
    return stream.map((row, t) => contributions.reduce((sum, { writer, values }) => {
      const changed = edge(writer, reader, t, values[t])
      return sum.map((value, d) => value + changed[d] - values[t][d])
    }, row))
  }
  const norm = (row: number[], name: string): number[] => {
    if (architecture.norm === 'none') return row
    const mean = architecture.norm === 'layer' ? row.reduce((a, b) => a + b) / dModel : 0
    const centred = row.map(v => v - mean)
    const root = Math.sqrt(centred.reduce((a, v) => a + v * v, 0) / dModel + 1e-5)
    return centred.map((v, d) => v / root * (weights[`${name}.w`] ? w(`${name}.w`, d) : 1) + bias(`${name}.b`, d))
  }

  let stream: Matrix = range(n).map(t => range(dModel).map(d => w('embed.W_E', tokens[t], d) + w('pos_embed.W_pos', t, d)))
  write('embed', stream)
  for (let l = 0; l < layers; l++) {
    const b = `blocks.${l}`
    stream = tap(`${b}.resid_pre`, stream)
    const project = (part: 'q' | 'k' | 'v'): Matrix => {
      const name = `${b}.attn.W_${part.toUpperCase()}`
      const perHead = range(heads).map((h) => {
        const read = streamFor(`${b}.attn.${part}/${h}`, stream).map(row => norm(row, `${b}.ln1`))
        return read.map(row => range(dHead).map(i => row.reduce((sum, value, d) => sum + value * w(name, h, d, i), bias(`${b}.attn.b_${part.toUpperCase()}`, h, i))))
      })
      return tap(`${b}.attn.${part}`, range(n).map(t => range(heads).flatMap(h => perHead[h][t])))
    }
    const [q, k, v] = [project('q'), project('k'), project('v')]
    const pattern = range(heads).map(h => range(n).map((query) => {
      const scores = range(n).map(key => attention === 'causal' && key > query ? -Infinity : range(dHead).reduce((sum, i) => sum + q[query][h * dHead + i] * k[key][h * dHead + i], 0) / Math.sqrt(dHead))
      const top = Math.max(...scores)
      const total = scores.reduce((sum, s) => sum + Math.exp(s - top), 0)
      return scores.map(s => Math.exp(s - top) / total)
    }))
    patterns.push(pattern)
    const z = tap(`${b}.attn.z`, range(n).map(t => range(heads * dHead).map(i => pattern[Math.floor(i / dHead)][t].reduce((sum, p, key) => sum + p * v[key][i], 0))))
    for (let h = 0; h < heads; h++) write(`${b}.attn/${h}`, z.map(row => range(dModel).map(d => range(dHead).reduce((sum, i) => sum + row[h * dHead + i] * w(`${b}.attn.W_O`, h, i, d), 0))))
    const attn = tap(`${b}.attn`, z.map(row => range(dModel).map(d => row.reduce((sum, value, i) => sum + value * w(`${b}.attn.W_O`, Math.floor(i / dHead), i % dHead, d), bias(`${b}.attn.b_O`, d)))))
    stream = stream.map((row, t) => row.map((value, d) => value + attn[t][d]))
    if (dMlp > 0) {
      stream = tap(`${b}.resid_mid`, stream)
      const plain = stream.map(row => norm(row, `${b}.ln2`))
      const pre = tap(`${b}.mlp.pre`, range(n).map(t => range(dMlp).map((u) => {
        const read = touch.edge ? norm(streamFor(`${b}.mlp/${u}`, stream)[t], `${b}.ln2`) : plain[t]
        return read.reduce((sum, value, d) => sum + value * w(`${b}.mlp.W_in`, d, u), bias(`${b}.mlp.b_in`, u))
      })))
      const units = tap(`${b}.mlp.unit`, pre.map(row => row.map(value => act(architecture.activation, value))))
      for (let u = 0; u < dMlp; u++) write(`${b}.mlp/${u}`, units.map(row => range(dModel).map(d => row[u] * w(`${b}.mlp.W_out`, u, d))))
      const mlp = tap(`${b}.mlp`, units.map(row => range(dModel).map(d => row.reduce((sum, value, u) => sum + value * w(`${b}.mlp.W_out`, u, d), bias(`${b}.mlp.b_out`, d)))))
      stream = stream.map((row, t) => row.map((value, d) => value + mlp[t][d]))
    }
    stream = tap(`${b}.resid_post`, stream)
  }
  const classes = weights['unembed.W_U'].shape[1]
  const logits = streamFor('unembed', stream).map(row => norm(row, 'ln_final')).map(row => range(classes).map(c => row.reduce((sum, value, d) => sum + value * w('unembed.W_U', d, c), bias('unembed.b_U', c))))
  return { logits: outputs === 'tokens' ? logits : logits.slice(-1), hooks, patterns }
}

function act(activation: TransformerArchitecture['activation'], x: number): number {
  if (activation === 'relu') return Math.max(0, x)
  if (activation === 'tanh') return Math.tanh(x)
  return x * 0.5 * (1 + erf(x / Math.SQRT2))
}

/** Every tensor, or those without the optional ones; gains near 1. */
export function transformerWeights(architecture: TransformerArchitecture, optional = true): Record<string, Tensor> {
  return Object.fromEntries(transformerTensors(architecture).filter(tensor => optional || !tensor.optional).map(({ name, shape }, i) => {
    const data = numbers(shape.reduce((a, b) => a * b, 1), i + 1)
    return [name, { shape, data: name.endsWith('.w') ? data.map(v => 1 + 0.3 * v) : data }]
  }))
}
