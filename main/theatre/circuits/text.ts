/** A character model of text has no known circuit; it is compared with counting the same text. */
import type { EngineFunctions } from '../../../preload/contract/engine'
import type { PatientOnTable } from '../patient'
import type { CircuitCheck } from './circuit'
import { createHash } from 'node:crypto'
import { readMoby } from '../../files/moby'
import { ngramBits } from '../../lib/ngram'
import { measureItems } from '../measure'
import { verdict } from './circuit'

const ORDER = 5

export async function checkText(engine: EngineFunctions, patient: PatientOnTable, progress: (done: number, total: number) => void): Promise<CircuitCheck> {
  const { items } = patient.loaded
  const rows = Int32Array.from({ length: items.inputs.shape[0] }, (_, i) => i)
  const { loss } = await measureItems(engine, { interventions: [], compose: false }, rows, done => progress(done, rows.length))
  const { characters, testFrom, file } = await readMoby(createHash('sha256'))
  const bits = loss.before / Math.LN2
  const counting = ngramBits(characters.subarray(0, testFrom), characters.subarray(testFrom), ORDER, file.classes)
  return verdict({ bitsPerCharacter: bits, ngramBitsPerCharacter: counting }, [
    { holds: bits < counting, text: `${bits.toFixed(3)} bits per character on the last tenth of the text; counting five characters back needs ${counting.toFixed(3)}` },
  ])
}
