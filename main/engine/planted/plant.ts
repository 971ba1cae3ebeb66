/** Makes a primary with a known circuit, for judging circuit finders: see the designs beside this file. */
import type { Planted, PlantRequest } from '../../../preload/contract/planted'
import type { Executor } from '../executor/executor'
import type { Compiled } from './compiled/program'
import type { Made, Streams } from './plantedMlp'
import { randomStream } from '../../lib/random'
import { makeBackup } from './backup'
import { makeCancelling } from './cancelling'
import { compiledTask } from './compiled/edges'
import { compileFraction } from './compiled/fraction'
import { compileReverse } from './compiled/reverse'
import { primaryOf } from './plantedMlp'
import { makeShared } from './shared'
import { makeSplit } from './split'

/** @param ready a macrotask, so that the engine answers others meanwhile */
export async function plant(executor: Executor, { design, seed }: PlantRequest, ready: () => Promise<void>): Promise<Planted> {
  const streams: Streams = name => randomStream(seed, `plant/${design}/${name}`)
  const mlp = async (made: Made | Promise<Made>): Promise<Planted> => primaryOf(design, await made, streams)
  const program = async (compiled: Compiled): Promise<Planted> => ({
    architecture: compiled.architecture,
    weights: compiled.weights,
    tasks: [await compiledTask(executor, compiled, ready)],
  })
  switch (design) {
    case 'split': return mlp(makeSplit(streams, ready))
    case 'shared': return mlp(makeShared(streams, ready))
    case 'backup': return mlp(makeBackup(streams))
    case 'cancelling': return mlp(makeCancelling(streams, ready))
    case 'reverse': return program(compileReverse(streams))
    case 'fraction-of-previous': return program(compileFraction(streams))
    default: return design satisfies never
  }
}
