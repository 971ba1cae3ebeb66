/** Runs cases on an executor, from inputs that are the same everywhere. */
import type { Executor } from '../../../main/engine/executor/executor'
import type { Case } from './programs'
import { interventionCase, modelCases } from './models'
import { cases } from './programs'

export const allCases: Case[] = [...cases, ...modelCases, interventionCase]

export interface Outcome { shapes: number[][], values: Float32Array[] }

export function inputsOf({ shapes, fill = [] }: Case): Float32Array<ArrayBuffer>[] {
  return shapes.map((shape, n) => {
    const kind = fill[n] ?? 'signed'
    const size = shape.reduce((a, b) => a * b, 1)
    return Float32Array.from({ length: size }, (_, i) => {
      const x = ((i * 7919 + n * 104729 + 31) % 997) / 997
      return typeof kind === 'object' ? Math.floor(x * kind.below) : kind === 'positive' ? 0.2 + x : 2 * x - 1
    })
  })
}

export async function runCase(executor: Executor, one: Case): Promise<Outcome> {
  const values = inputsOf(one).map((data, i) => executor.upload(data, one.shapes[i]))
  const outputs = await executor.compile(one.fn)(values)
  const read: Float32Array[] = []
  for (const output of outputs) read.push(Float32Array.from(await executor.download(output)))
  const shapes = outputs.map(({ shape }) => shape)
  executor.free(...outputs, ...values)
  return { shapes, values: read }
}

/** The largest departure beyond rtol 1e-4 and an absolute part for what rounding leaves of sums that cancel; undefined where all agree. */
export function departure(expected: Outcome, actual: Outcome): string | undefined {
  if (JSON.stringify(expected.shapes) !== JSON.stringify(actual.shapes)) return `shapes ${JSON.stringify(actual.shapes)}, not ${JSON.stringify(expected.shapes)}`
  for (const [k, values] of expected.values.entries()) {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    for (const [i, value] of values.entries()) {
      const other = actual.values[k][i]
      if (!(Math.abs(other - value) <= 1e-4 * Math.abs(value) + 1e-5 * Math.max(scale, 0.1))) return `result ${k} [${i}] is ${other}, not ${value}`
    }
  }
  return undefined
}
