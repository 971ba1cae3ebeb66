/** Makes a primary with a known circuit, for judging circuit finders: see the designs beside this file. */
import type { Planted, PlantRequest } from '../../../preload/contract/planted'
import type { Made, Streams } from './plantedMlp'
import { randomStream } from '../../lib/random'
import { makeBackup } from './backup'
import { makeCancelling } from './cancelling'
import { primaryOf } from './plantedMlp'
import { makeShared } from './shared'
import { makeSplit } from './split'

/** @param ready a macrotask, so that the engine answers others meanwhile */
export async function plant({ design, seed }: PlantRequest, ready: () => Promise<void>): Promise<Planted> {
  const streams: Streams = name => randomStream(seed, `plant/${design}/${name}`)
  const made = async (): Promise<Made> => {
    switch (design) {
      case 'split': return makeSplit(streams, ready)
      case 'shared': return makeShared(streams, ready)
      case 'cancelling': return makeCancelling(streams, ready)
      case 'backup': return makeBackup(streams)
      default: return design satisfies never
    }
  }
  return primaryOf(design, await made(), streams)
}
