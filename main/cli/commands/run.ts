/** Measures a primary with and without interventions, paired item by item. */
import type { Measure } from '../../../preload/contract/engine'
import type { InterventionSet } from '../../../preload/contract/intervention'
import type { Command, Invocation } from '../command'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UserError } from '../../../preload/contract/errors'
import { interventionFileSchema } from '../../../preload/contract/intervention'
import { checkJson } from '../../files/json'
import { loadPatient } from '../../theatre/loading'
import { measureItems } from '../../theatre/measure'
import { PatientOnTable } from '../../theatre/patient'
import { integerOption, requiredOption, UsageError } from '../command'

const UNITS: Record<Measure, string> = { loss: 'nats', accuracy: '', targetLogProbability: 'nats', margin: 'nats', kl: 'nats', agreement: '' }

export const run: Command = {
  summary: 'measure a primary with and without interventions',
  usage: 'PRIMARY --dataset DATASET [--interventions FILE] [--items N] [--split test|train] [--seed 1]',
  options: {
    dataset: { type: 'string' },
    interventions: { type: 'string' },
    items: { type: 'string' },
    split: { type: 'string', default: 'test' },
  },
  positionals: { min: 1, max: 1 },
  run: async (invocation) => {
    const { workstation, positionals: [primary], progress } = invocation
    const split = splitOf(invocation)
    const set = await interventionsOf(invocation)
    const loaded = await loadPatient(primary, workstation.places, requiredOption(invocation, 'dataset'), split)
    const engine = workstation.engine()
    const patient = new PatientOnTable(engine.functions, loaded, { seed: integerOption(invocation, 'seed') ?? 1, home: workstation.places.home })
    await patient.open()

    const available = loaded.items.inputs.shape[0]
    const n = integerOption(invocation, 'items', { min: 1 }) ?? available
    if (n > available) throw new UserError({ code: 'too-few-items', message: `--items ${n}: the ${split} split of ${loaded.dataset.name} has ${available} items.`, remedy: `Ask for ${available} or fewer.` })
    const measures = await measureItems(engine.functions, set, Int32Array.from({ length: n }, (_, i) => i), done => progress.update(done, n))
    progress.end()

    const pick = (side: 'before' | 'after'): object => ({ loss: measures.loss[side], accuracy: measures.accuracy[side] })
    const names = Object.keys(measures) as Measure[]
    return {
      json: { items: n, split, baseline: pick('before'), stimulated: pick('after'), effect: Object.fromEntries(names.map(name => [name, measures[name].effect])), interventions: set.interventions },
      text: [
        `${loaded.file.name} on ${n.toLocaleString('en')} items of ${loaded.dataset.name} (${split}), ${set.interventions.length} intervention${set.interventions.length === 1 ? '' : 's'}`,
        ...names.map((name) => {
          const { before, after, effect } = measures[name]
          return `${name.padEnd(22)}${before.toFixed(4).padStart(10)} → ${after.toFixed(4).padStart(10)}   ${effect.mean >= 0 ? '+' : '−'}${Math.abs(effect.mean).toFixed(4)} ± ${effect.se.toFixed(4)} ${UNITS[name]}`
        }),
      ].join('\n'),
    }
  },
}

function splitOf({ options }: Invocation): 'train' | 'test' {
  if (options.split === 'train' || options.split === 'test') return options.split
  throw new UsageError(`--split is train or test, not "${options.split}".`)
}

async function interventionsOf({ options }: Invocation): Promise<InterventionSet> {
  if (typeof options.interventions !== 'string') return { interventions: [], compose: false }
  const path = resolve(options.interventions)
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UserError({ code: 'file-unreadable', message: `${path} cannot be read: ${error.message}.`, remedy: 'Give a JSON file with a list of interventions.', path }, { cause: error })
  })
  return checkJson(text, path, interventionFileSchema)
}
