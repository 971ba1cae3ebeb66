/** Makes a primary with a known circuit, for judging circuit finders: see the designs beside this file. */
import type { Planted, PlantRequest } from '../../../preload/contract/planted'
import type { Streams } from './plantedMlp'
import type { Made } from './split'
import { randomStream } from '../../lib/random'
import { makeBackup } from './backup'
import { primaryOf } from './plantedMlp'
import { makeSplit } from './split'

/** @param ready a macrotask, so that the engine answers others meanwhile */
export async function plant({ design, seed }: PlantRequest, ready: () => Promise<void>): Promise<Planted> {
  const streams: Streams = name => randomStream(seed, `plant/${design}/${name}`)
  const made = async (): Promise<Made> => {
    switch (design) {
      case 'split': return makeSplit(streams, ready)
      case 'backup': return makeBackup(streams)
      default: return design satisfies never
    }
  }
  const { clean, items } = await made()
  return primaryOf(design, clean, items, streams)
}
