/**
 * The transformer, decoder or bidirectional, with the names, shapes and conventions of TransformerLens: pre-norm blocks, heads
 * as an axis of their own, scores scaled by 1/√dHead. Pure; biases and gains take part where the primary has them.
 */
import type { Span } from '../../../preload/contract/address'
import type { TransformerArchitecture } from '../../../preload/contract/primary'
import type { NdArray } from '../executor/jax'
import type { Model, ReadChange, Run } from './model'
import { classesOf } from '../../../preload/contract/primary'
import { nn, np } from '../executor/jax'
import { activate } from './mlp'
import { Parameters, Taps } from './taps'
import { transformerHooks, transformerParameters, transformerWeights } from './transformerParts'

/** Added to the variance before the root, as in PyTorch. */
const EPSILON = 1e-5
/** Added to scores that attention may not use. */
const FORBIDDEN = -1e9

export function transformerModel(architecture: TransformerArchitecture, { tensors, positions = architecture.context }: { tensors?: readonly string[], positions?: number } = {}): Model {
  const parameters = transformerParameters(architecture, tensors)
  const { layers } = architecture
  return {
    architecture,
    parameters,
    hooks: transformerHooks(architecture, positions),
    cuts: Array.from({ length: layers }, (_, l) => ['pre', ...architecture.dMlp > 0 ? ['mid'] : [], 'post'].map(part => `blocks.${l}.resid_${part}`)).flat(),
    patterns: Array.from({ length: layers }, (_, l) => `blocks.${l}.attn.pattern`),
    inputs: [positions],
    outputs: { positions: architecture.outputs === 'tokens' ? positions : 1, classes: classesOf(architecture) },
    initialWeights: seed => transformerWeights(architecture, parameters, seed),
    forward: (values, inputs, run = {}) => {
      const weights = new Parameters(parameters, values)
      const taps = new Taps(run)
      const outputs = new Pass(architecture, positions, weights, taps, run).through(inputs)
      weights.dispose()
      return taps.finish(outputs)
    },
  }
}

/** One traced forward pass. `T` positions, `d` width of the stream. */
class Pass {
  readonly #architecture: TransformerArchitecture
  readonly #positions: number
  readonly #weights: Parameters
  readonly #taps: Taps
  readonly #run: Run
  /** What writers contributed, kept while a later reader may want another amount of it. */
  readonly #written = new Map<string, { values: NdArray, out?: NdArray }>()
  #readsDone = 0

  constructor(architecture: TransformerArchitecture, positions: number, weights: Parameters, taps: Taps, run: Run) {
    this.#architecture = architecture
    this.#positions = positions
    this.#weights = weights
    this.#taps = taps
    this.#run = run
  }

  through(tokens: NdArray): NdArray {
    const { layers, dMlp, outputs } = this.#architecture
    const { from } = this.#run
    const [, start, part] = /^blocks\.(\d+)\.(?:resid_|attn\.)(pre|mid|post|z)$/.exec(from?.hook ?? 'blocks.0.resid_pre')!
    let begin = part
    let stream = from ? from.stream ?? from.value : this.#embed(tokens)
    if (from) tokens.dispose()
    for (let l = Number(start); l < layers; l++, begin = 'pre') {
      if (begin === 'pre') {
        const asked = l === layers - 1 ? this.#asked : undefined
        stream = this.#taps.tap(`blocks.${l}.resid_pre`, stream)
        const written = this.#attention(l, stream.ref, asked)
        stream = (asked ? at(stream, asked) : stream).add(written)
      }
      else if (begin === 'z') {
        stream = stream.add(this.#write(l, from!.value))
      }
      if (dMlp > 0 && begin !== 'post') {
        stream = this.#taps.tap(`blocks.${l}.resid_mid`, stream)
        stream = stream.ref.add(this.#mlp(l, stream))
      }
      stream = this.#taps.tap(`blocks.${l}.resid_post`, stream)
    }
    // Positions that give no answer need no unembedding.
    const answering = this.#answering
    const logits = this.#unembed(answering && stream.shape[1] === this.#positions ? at(stream, answering) : stream)
    for (const { values, out } of this.#written.values()) {
      values.dispose()
      out?.dispose()
    }
    if (this.#readsDone !== (this.#run.reads?.length ?? 0)) throw new Error('a read was changed of which there is none')
    return outputs === 'tokens' ? logits : logits.reshape([logits.shape[0], -1])
  }

  /** [items, T] → [items, T, d]: one row of W_E and of W_pos each. */
  #embed(tokens: NdArray): NdArray {
    // A product with one-hot rows: exact, and its gradient is a product as well, where a gather's is a scatter.
    const table = padded(this.#weights.take('embed.W_E'), 0)
    const hot = np.equal(tokens.reshape([...tokens.shape, 1]), np.arange(table.shape[0]).astype(np.float32)).astype(np.float32)
    const stream = np.dot(hot, table).add(this.#weights.take('pos_embed.W_pos').slice([0, this.#positions]))
    this.#wrote('embed', stream)
    return stream
  }

  /** Takes `stream`. With `asked` only those positions ask, and get an answer. */
  #attention(l: number, stream: NdArray, asked: Span | undefined): NdArray {
    const { dHead } = this.#architecture
    const module = `blocks.${l}.attn`
    const gain = this.#gain(`blocks.${l}.ln1`)
    const read = this.#norm(stream.ref, gain)
    const asking = asked ? at(read.ref, asked) : read.ref
    const [q, k, v] = (['q', 'k', 'v'] as const).map(part => this.#taps.tap(`${module}.${part}`, this.#project(module, part, stream, part === 'q' ? asking : read, gain)))
    asking.dispose()
    stream.dispose()
    read.dispose()
    free(gain)
    // [items, heads, T, T]
    const scores = np.matmul(q.transpose([0, 2, 1, 3]), k.transpose([0, 2, 3, 1])).mul(dHead ** -0.5)
    // The last position may look at all others.
    const forbidden = this.#architecture.attention === 'causal' && asked?.from !== this.#positions - 1
    const pattern = this.#taps.observe(`${module}.pattern`, nn.softmax(forbidden ? scores.add(this.#causal(asked)) : scores, -1))
    // Adding zero lays the transposed values out anew; as a mere view they would be gathered one by one.
    return this.#write(l, np.matmul(pattern, v.transpose([0, 2, 1, 3])).transpose([0, 2, 1, 3]).add(0))
  }

  /** What the heads' values [items, T, heads, dHead], taken, write to the stream. */
  #write(l: number, value: NdArray): NdArray {
    const module = `blocks.${l}.attn`
    const z = this.#taps.tap(`${module}.z`, value)
    const [heads, inner, width] = this.#shapeOf(`${module}.W_O`)
    const w = this.#weights.take(`${module}.W_O`).reshape([heads * inner, width])
    this.#wrote(module, z, w)
    const written = np.dot(z.reshape([-1, z.shape[1], heads * inner]), w)
    return this.#taps.tap(module, this.#biased(written, `${module}.b_O`))
  }

  /** What the heads read as q, k or v: [items, T, heads, dHead]; with some of them reading a changed stream, where asked. */
  #project(module: string, part: 'q' | 'k' | 'v', stream: NdArray, read: NdArray, gain: Gain): NdArray {
    const letter = part.toUpperCase()
    const [heads, width, inner] = this.#shapeOf(`${module}.W_${letter}`)
    // [heads, d, dHead] → [d, heads · dHead]
    const w = this.#weights.take(`${module}.W_${letter}`).transpose([1, 0, 2]).reshape([width, heads * inner])
    // Before the heads are split: added after, jax-js 0.1.25 gives another sum where one position asks.
    const bias = this.#weights.takeIfThere(`${module}.b_${letter}`)?.reshape([heads * inner])
    const into = (x: NdArray): NdArray => {
      const value = np.dot(x, w.ref)
      return (bias ? value.add(bias.ref) : value).reshape([-1, x.shape[1], heads, inner])
    }
    const value = this.#changedReads(`${module}.${part}`, stream, into(read.ref), changed => into(this.#norm(changed, gain)), [heads, 1])
    w.dispose()
    bias?.dispose()
    return value
  }

  #mlp(l: number, stream: NdArray): NdArray {
    const module = `blocks.${l}.mlp`
    const gain = this.#gain(`blocks.${l}.ln2`)
    const w = this.#weights.take(`${module}.W_in`)
    const bias = this.#weights.takeIfThere(`${module}.b_in`)
    const into = (x: NdArray): NdArray => bias ? np.dot(x, w.ref).add(bias.ref) : np.dot(x, w.ref)
    const plain = into(this.#norm(stream.ref, gain))
    const pre = this.#changedReads(module, stream, plain, changed => into(this.#norm(changed, gain)), [this.#architecture.dMlp])
    stream.dispose()
    w.dispose()
    bias?.dispose()
    free(gain)
    const units = this.#taps.tap(`${module}.unit`, activate(this.#architecture.activation, this.#taps.tap(`${module}.pre`, pre)))
    const out = this.#weights.take(`${module}.W_out`)
    this.#wrote(module, units, out)
    return this.#taps.tap(module, this.#biased(np.dot(units, out), `${module}.b_out`))
  }

  #unembed(stream: NdArray): NdArray {
    const gain = this.#gain('ln_final')
    const classes = classesOf(this.#architecture)
    const w = padded(this.#weights.take('unembed.W_U'), 1)
    const into = (x: NdArray): NdArray => {
      const logits = np.dot(this.#norm(x, gain), w.ref)
      return logits.shape[2] === classes ? logits : logits.slice([], [], [0, classes])
    }
    const logits = this.#changedReads('unembed', stream, into(stream.ref), into, [1])
    stream.dispose()
    w.dispose()
    free(gain)
    return this.#biased(logits, 'unembed.b_U')
  }

  /** Positions whose answer is wanted, where those are not all. */
  get #answering(): Span | undefined {
    return this.#architecture.outputs === 'tokens' ? this.#run.answers : { from: this.#positions - 1, to: this.#positions }
  }

  /** Where nobody changes or reads anything in the last block, or looks on without having named the positions, it computes no others than those that answer. */
  get #asked(): Span | undefined {
    const { changes = {}, reads = [], observe = [], answers } = this.#run
    const last = `blocks.${this.#architecture.layers - 1}.`
    const inLast = (name: string): boolean => name === 'unembed' || (name.startsWith(last) && name !== `${last}resid_pre`)
    const busy = Object.keys(changes).some(inLast) || reads.some(({ reader }) => inLast(reader)) || (!answers && observe.some(inLast))
    return busy ? undefined : this.#answering
  }

  /** Remembers what a module writes where a changed read wants some of it: its parts' values and what turns them into the stream. */
  #wrote(writer: string, values: NdArray, out?: NdArray): void {
    if (this.#run.reads?.some(({ writers }) => Object.hasOwn(writers, writer))) this.#written.set(writer, { values: values.ref, ...(out ? { out: out.ref } : {}) })
  }

  /** `plain`, except for readers whose stream is changed, who get `read(changed stream)`. Leaves `stream` alive, takes `plain`. */
  #changedReads(reader: string, stream: NdArray, plain: NdArray, read: (stream: NdArray) => NdArray, maskShape: number[]): NdArray {
    let value = plain
    for (const change of this.#run.reads ?? []) {
      if (change.reader !== reader) continue
      this.#readsDone++
      const other = read(this.#changedStream(stream, change))
      const mask = change.mask.reshape(maskShape)
      // A choice, not a blend: whoever reads on as before reads the same bits.
      value = np.where(np.greater(mask, 0.5), other, value)
    }
    return value
  }

  /** stream + Σ contribution · (scale − 1) + shift: zero change adds exact zeros. Leaves `stream` alive. */
  #changedStream(stream: NdArray, { writers, shift, reader }: ReadChange): NdArray {
    let changed = stream.ref
    for (const [writer, scale] of Object.entries(writers)) {
      const written = this.#written.get(writer)
      if (!written) throw new Error(`${writer} has written nothing before ${reader} reads`)
      const { values, out } = written
      const [positions, parts] = scale.shape
      const inner = values.shape.slice(2).reduce((a, b) => a * b, 1) / parts
      const extra = values.ref.reshape([-1, this.#positions, parts, inner]).mul(scale.sub(1).reshape([positions, parts, 1])).reshape([-1, this.#positions, parts * inner])
      const delta = out ? np.dot(extra, out.ref) : extra
      changed = changed.add(this.#readBy(reader, delta))
    }
    return changed.add(this.#readBy(reader, shift))
  }

  /** The unembedding reads where an answer is wanted, all others everywhere. */
  #readBy(reader: string, value: NdArray): NdArray {
    return reader === 'unembed' && this.#answering ? at(value, this.#answering) : value
  }

  #biased(value: NdArray, name: string): NdArray {
    const bias = this.#weights.takeIfThere(name)
    return bias ? value.add(bias) : value
  }

  #shapeOf(name: string): number[] {
    const { heads, dHead, dModel } = this.#architecture
    return name.endsWith('W_O') ? [heads, dHead, dModel] : [heads, dModel, dHead]
  }

  #gain(name: string): Gain {
    const [w, b] = [this.#weights.takeIfThere(`${name}.w`), this.#weights.takeIfThere(`${name}.b`)]
    return { ...(w ? { w } : {}), ...(b ? { b } : {}) }
  }

  /** Takes `x`, leaves the gain alive. */
  #norm(x: NdArray, { w, b }: Gain): NdArray {
    const { norm } = this.#architecture
    if (norm === 'none') return x
    let centred = x
    if (norm === 'layer') {
      const mean = np.mean(x.ref, -1, { keepdims: true })
      centred = x.sub(mean)
    }
    const root = np.sqrt(np.mean(np.square(centred.ref), -1, { keepdims: true }).add(EPSILON))
    const scaled = centred.div(root)
    const gained = w ? scaled.mul(w.ref) : scaled
    return b ? gained.add(b.ref) : gained
  }

  /** [T or those that ask, T]: −1e9 above the diagonal. */
  #causal({ from, to }: Span = { from: 0, to: this.#positions }): NdArray {
    const n = this.#positions
    return np.array(Float32Array.from({ length: (to - from) * n }, (_, i) => i % n > from + Math.floor(i / n) ? FORBIDDEN : 0)).reshape([to - from, n])
  }
}

/** [items, T, d] → [items, positions of the span, d]. */
function at(stream: NdArray, { from, to }: Span): NdArray {
  return stream.slice([], [from, to])
}

/** An axis filled up with zeros to a multiple of four, which vector kernels need to be fast at all. */
function padded(table: NdArray, axis: 0 | 1): NdArray {
  const missing = -table.shape[axis] & 3
  if (missing === 0) return table
  const shape = [...table.shape]
  shape[axis] = missing
  return np.concatenate([table, np.zeros(shape)], axis)
}

interface Gain { w?: NdArray, b?: NdArray }

function free({ w, b }: Gain): void {
  w?.dispose()
  b?.dispose()
}
