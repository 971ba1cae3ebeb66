/**
 * Modular addition: the numbers are embedded as a few waves, whose angles are added (Nanda et al. 2023). Which waves is
 * told by effect: each is taken out of the embedding, and the few whose loss hurts most must do alone what all do.
 */
import type { EngineFunctions, Tensor } from '../../../preload/contract/engine'
import type { TransformerArchitecture } from '../../../preload/contract/primary'
import type { LoadedPatient } from '../loading'
import type { CircuitCheck } from './circuit'
import { frequencyShares, keepFrequencies } from '../../lib/fourier'
import { PatientOnTable } from '../patient'
import { percent, verdict } from './circuit'

/** More key frequencies than this are no small circuit. */
const MOST = 6
const ITEMS = 512

export async function checkModadd(engine: EngineFunctions, loaded: LoadedPatient, architecture: TransformerArchitecture, progress: (done: number, total: number) => void): Promise<CircuitCheck> {
  const { p, table } = numbersOf(loaded, architecture)
  const { dModel } = architecture
  const all = Array.from({ length: (p - 1) / 2 }, (_, i) => i + 1)
  const measured = async (frequencies: number[]): Promise<{ accuracy: number, loss: number }> => {
    const kept = keepFrequencies(table, p, dModel, frequencies)
    const data = Float32Array.from(loaded.weights['embed.W_E'].data)
    data.set(kept)
    return measure(engine, { ...loaded, weights: { ...loaded.weights, 'embed.W_E': { ...loaded.weights['embed.W_E'], data } } })
  }
  const whole = await measured(all)
  const hurt: { frequency: number, loss: number }[] = []
  for (const frequency of all) {
    hurt.push({ frequency, loss: (await measured(all.filter(other => other !== frequency))).loss - whole.loss })
    progress(hurt.length, all.length)
  }
  hurt.sort((a, b) => b.loss - a.loss)
  let keys: number[] = []
  let alone = 0
  while (keys.length < MOST && alone < 0.95 * whole.accuracy) {
    keys = hurt.slice(0, keys.length + 1).map(({ frequency }) => frequency)
    alone = (await measured(keys)).accuracy
  }
  const without = (await measured(all.filter(frequency => !keys.includes(frequency)))).accuracy
  const shares = frequencyShares(table, p, dModel)
  const power = keys.reduce((sum, key) => sum + shares[key - 1], 0)
  // The patient as it is again, for whoever asks next.
  await measure(engine, loaded)

  return verdict({
    accuracy: whole.accuracy,
    keyFrequencies: keys.length,
    accuracyOfKeysAlone: alone,
    accuracyWithoutKeys: without,
    keysShareOfPower: power,
    ...Object.fromEntries(hurt.map(({ frequency, loss }) => [`lossWithout/${frequency}`, loss])),
  }, [
    { holds: whole.accuracy >= 0.99, text: `adds ${percent(whole.accuracy)} of pairs it was not trained on (at least 99 %)` },
    { holds: alone >= 0.95 * whole.accuracy, text: `with ${keys.length} frequencies of ${all.length} kept in the embedding (${keys.toSorted((a, b) => a - b).join(', ')}, ${percent(power)} of its power) it adds ${percent(alone)}` },
    { holds: without <= 0.1, text: `with those ${keys.length} taken out it adds ${percent(without)} (at most 10 %)` },
  ])
}

/** The numbers' rows of the embedding; the token for "=" is the last one. */
function numbersOf({ weights }: LoadedPatient, { vocab, dModel }: TransformerArchitecture): { p: number, table: Tensor['data'] } {
  return { p: vocab - 1, table: weights['embed.W_E'].data.subarray(0, (vocab - 1) * dModel) }
}

async function measure(engine: EngineFunctions, loaded: LoadedPatient): Promise<{ accuracy: number, loss: number }> {
  const patient = new PatientOnTable(engine, loaded, { batteryItems: ITEMS })
  await patient.open()
  const { measures } = await engine.stimulate({ set: { interventions: [], compose: false }, focus: patient.battery[0], battery: patient.battery })
  return { accuracy: measures.accuracy.before, loss: measures.loss.before }
}
