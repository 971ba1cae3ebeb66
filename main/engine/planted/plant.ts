/** Makes a primary with a known circuit, for judging circuit finders: see the designs beside this file. */
import type { Design, Planted, PlantRequest } from '../../../preload/contract/planted'
import type { Executor } from '../executor/executor'
import type { Compiled } from './compiled/program'
import type { Made, Streams } from './plantedMlp'
import { UserError } from '../../../preload/contract/errors'
import { PLANTED_WIDTH } from '../../../preload/contract/planted'
import { randomStream } from '../../lib/random'
import { makeBackup } from './backup'
import { makeCancelling } from './cancelling'
import { compiledTask } from './compiled/edges'
import { compileFraction } from './compiled/fraction'
import { compileReverse } from './compiled/reverse'
import { primaryOf } from './plantedMlp'
import { makeShared } from './shared'
import { makeSplit } from './split'

/**
 * Throws `width-unfit`.
 * @param ready a macrotask, so that the engine answers others meanwhile
 */
export async function plant(executor: Executor, { design, seed, width }: PlantRequest, ready: () => Promise<void>): Promise<Planted> {
  if (width !== undefined) checkWidth(design, width)
  const streams: Streams = name => randomStream(seed, `plant/${design}/${name}`)
  const mlp = async (made: Made | Promise<Made>): Promise<Planted> => primaryOf(design, await made, streams)
  const program = async (compiled: Compiled): Promise<Planted> => ({
    architecture: compiled.architecture,
    weights: compiled.weights,
    tasks: [await compiledTask(executor, compiled, ready)],
  })
  switch (design) {
    case 'split': return mlp(makeSplit(streams, ready, width))
    case 'shared': return mlp(makeShared(streams, ready, width))
    case 'backup': return mlp(makeBackup(streams, width))
    case 'cancelling': return mlp(makeCancelling(streams, ready, width))
    case 'reverse': return program(compileReverse(streams))
    case 'fraction-of-previous': return program(compileFraction(streams))
    default: return design satisfies never
  }
}

function checkWidth(design: Design, width: number): void {
  const { least, most } = PLANTED_WIDTH
  if (design === 'reverse' || design === 'fraction-of-previous') throw new UserError({ code: 'width-unfit', message: `${design} is a program: how wide it is follows from what it computes.`, remedy: 'Leave the width out.' })
  if (!Number.isInteger(width) || width < least || width > most) throw new UserError({ code: 'width-unfit', message: `A planted primary has ${least} to ${most} units in each hidden layer, not ${width}.`, remedy: `Give a width from ${least} to ${most}.` })
}
