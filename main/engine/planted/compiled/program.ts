/**
 * Writing a transformer by hand, as Tracr (Lindner et al. 2023) compiles a RASP program: every variable has dimensions of
 * the residual stream to itself, one for each value it may have or one for a number, and modules read and write those.
 * Which dimension, at what scale, and which mlp unit, is drawn from the seed; what the program computes is not.
 */
import type { Items, Tensor } from '../../../../preload/contract/engine'
import type { DatasetFile, TransformerArchitecture } from '../../../../preload/contract/primary'
import type { Stream } from '../../../lib/random'
import { transformerTensors } from '../../../../preload/contract/primary'

/** A primary made of a program, and its one task. */
export interface Compiled {
  architecture: TransformerArchitecture
  weights: Record<string, Tensor>
  file: DatasetFile
  train: Items
  test: Items
}

/** Of attention scores: e⁻¹⁰⁰ is nothing beside 1 in float32. */
export const HARD = 100
/** Scales of variables; what is written times one is read over it. */
const SCALES = [0.5, 2]

type Shape = Omit<TransformerArchitecture, 'kind' | 'dModel' | 'norm' | 'activation' | 'outputs'>

export class Program {
  readonly architecture: TransformerArchitecture
  readonly weights: Record<string, Tensor>
  readonly #places: Record<string, number[]>
  readonly #scales: Record<string, number>
  readonly #units: Int32Array[]

  /** @param variables dimensions of each; @param tensors optional tensors that the program needs */
  constructor(shape: Shape, variables: Record<string, number>, tensors: readonly string[], stream: Stream) {
    const dModel = Object.values(variables).reduce((a, b) => a + b)
    this.architecture = { kind: 'transformer', ...shape, dModel, norm: 'none', activation: 'relu', outputs: 'tokens' }
    this.weights = Object.fromEntries(transformerTensors(this.architecture)
      .filter(({ name, optional }) => !optional || tensors.includes(name))
      .map(({ name, shape }) => [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b)) }]))
    const order = [...stream.permutation(dModel)]
    this.#places = Object.fromEntries(Object.entries(variables).map(([name, size]) => [name, order.splice(0, size)]))
    this.#scales = Object.fromEntries(Object.keys(variables).map(name => [name, SCALES[0] * (SCALES[1] / SCALES[0]) ** stream.uniform()]))
    this.#units = Array.from({ length: shape.layers }, () => stream.permutation(shape.dMlp))
  }

  /** Dimension of a variable's i-th value, for `set`. */
  dim(variable: string, i = 0): number {
    return this.#places[variable][i]
  }

  /** The number of the i-th mlp unit in use. */
  unit(layer: number, i: number): number {
    return this.#units[layer][i]
  }

  /** A weight that writes a variable: the last index is its dimension. */
  write(tensor: string, index: number[], variable: string, value: number, i = 0): void {
    this.set(tensor, [...index, this.dim(variable, i)], value * this.#scales[variable])
  }

  /** What undoes the scale of a variable where it is read. */
  read(variable: string): number {
    return 1 / this.#scales[variable]
  }

  set(tensor: string, index: readonly number[], value: number): void {
    const { shape, data } = this.weights[tensor]
    data[index.reduce((flat, i, axis) => flat * shape[axis] + i, 0)] = value
  }

  /** W_Q, W_K or W_V of the one head: a variable's value onto a component of the head. */
  project(layer: number, part: 'Q' | 'K' | 'V', variable: string, i: number, component: number, value: number): void {
    this.set(`blocks.${layer}.attn.W_${part}`, [0, this.dim(variable, i), component], value * this.read(variable))
  }

  /** A mlp unit relu(Σ weight · value + bias). */
  neuron(layer: number, i: number, reads: readonly { variable: string, i?: number, weight: number }[], bias: number): void {
    for (const { variable, i: value = 0, weight } of reads) this.set(`blocks.${layer}.mlp.W_in`, [this.dim(variable, value), this.unit(layer, i)], weight * this.read(variable))
    this.set(`blocks.${layer}.mlp.b_in`, [this.unit(layer, i)], bias)
  }

  /** What the i-th unit adds to a variable's value. */
  adds(layer: number, i: number, variable: string, value: number, weight: number): void {
    this.write(`blocks.${layer}.mlp.W_out`, [this.unit(layer, i)], variable, weight, value)
  }

  /** Q and K weights whose product makes a hard selection of what agrees. */
  get hard(): number {
    return Math.sqrt(HARD * Math.sqrt(this.architecture.dHead))
  }
}

/** Tokens of items [count · positions], the answers to them, and their partners. */
export interface Sequences { inputs: number[][], answer: (sequence: readonly number[]) => number[], partner: (sequence: readonly number[]) => number[] }

/** A token at every position is asked for but at the first, where the item begins. */
export function tokenItems({ inputs, answer, partner }: Sequences): Items {
  const shape = [inputs.length, inputs[0].length]
  const rows = (of: (sequence: readonly number[]) => readonly number[]): Int32Array => Int32Array.from(inputs.flatMap(of))
  return {
    inputs: { shape, data: rows(sequence => sequence) },
    scale: 1,
    targets: rows(answer),
    mask: Float32Array.from(inputs.flatMap(sequence => sequence.map((_, t) => t === 0 ? 0 : 1))),
    counterfactual: { shape, data: rows(partner) },
  }
}

/** Different sequences, drawn one by one. */
export function distinct(count: number, draw: () => number[]): number[][] {
  const found = new Map<string, number[]>()
  while (found.size < count) {
    const sequence = draw()
    found.set(sequence.join(), sequence)
  }
  return [...found.values()]
}
