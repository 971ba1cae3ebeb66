/** One effect per site for a set of sites. */
import type { SweepMethod, Swept } from '../../../preload/contract/sweep'
import type { Command, Invocation } from '../command'
import { baselineName } from '../../../preload/contract/intervention'
import { sweepMethodSchema } from '../../../preload/contract/sweep'
import { loadPatient } from '../../theatre/loading'
import { PatientOnTable } from '../../theatre/patient'
import { Sweeps } from '../../theatre/sweep'
import { integerOption, requiredOption, UsageError } from '../command'
import { csvOf, itemsOption, measureOption, operationOption, operationText, outOption, sitesOption, writeResult } from './sweepOptions'

const SHOWN = 20

export const sweep: Command = {
  summary: 'effect of an intervention on every site of a set, each site on its own',
  usage: 'PRIMARY --dataset DATASET --sites units|weights|heads|edges|layers|ADDRESS[;ADDRESS…] [--op gate:0] [--baseline zero|mean|resample:SEED] [--measure loss] [--items 1000] [--method exact|slow|attribution|integrated] [--steps 16] [--out FILE.json|.csv]',
  options: {
    dataset: { type: 'string' },
    sites: { type: 'string' },
    op: { type: 'string', default: 'gate:0' },
    baseline: { type: 'string', default: 'zero' },
    measure: { type: 'string', default: 'loss' },
    items: { type: 'string' },
    method: { type: 'string', default: 'exact' },
    steps: { type: 'string' },
    split: { type: 'string', default: 'test' },
    out: { type: 'string' },
  },
  positionals: { min: 1, max: 1 },
  run: async (invocation) => {
    const { workstation, positionals: [primary], progress, signal } = invocation
    const operation = operationOption(invocation, 'strength')
    const request = { sites: sitesOption(requiredOption(invocation, 'sites')), operation, measure: measureOption(invocation), method: methodOption(invocation) }
    const steps = integerOption(invocation, 'steps', { min: 1, max: 1000 })
    const out = outOption(invocation)
    const loaded = await loadPatient(primary, workstation.places, requiredOption(invocation, 'dataset'), splitOption(invocation))
    const engine = workstation.engine()
    const patient = new PatientOnTable(engine.functions, loaded, { seed: integerOption(invocation, 'seed') ?? 1, home: workstation.places.home })
    await patient.open()

    const sweeps = new Sweeps(engine, {
      changed: ({ state, done, total }) => {
        if (state === 'running' && done > 0) progress.update(done, total)
      },
    })
    signal.addEventListener('abort', () => void sweeps.cancel())
    const swept = await sweeps.sweep(patient, { ...request, items: itemsOption(invocation, patient), ...(steps === undefined ? {} : { steps }) })
    progress.end()

    const { executor, device } = await engine.ready()
    const json = { primary: loaded.file.name, dataset: loaded.dataset.name, ...jsonOf(swept), executor, device }
    if (out !== undefined) await writeResult(out, json, () => csvOf(['address', 'effect', 'se', 'n'], reached(swept).map(i => [swept.addresses[i], swept.mean[i], swept.se[i], swept.info.items])))
    return { json, text: textOf(swept, loaded.file.name, loaded.dataset.name), exitCode: swept.info.state === 'cancelled' ? 130 : 0 }
  },
}

function methodOption({ options }: Invocation): SweepMethod {
  const found = sweepMethodSchema.safeParse(options.method)
  if (found.success) return found.data
  throw new UsageError(`--method is ${sweepMethodSchema.options.join(', ')}, not "${String(options.method)}".`)
}

function splitOption({ options }: Invocation): 'train' | 'test' {
  if (options.split === 'train' || options.split === 'test') return options.split
  throw new UsageError(`--split is train or test, not "${options.split}".`)
}

/** Sites that have an effect: all, unless it was interrupted. */
function reached({ mean }: Swept): number[] {
  return Array.from(mean.keys()).filter(i => !Number.isNaN(mean[i]))
}

function jsonOf(swept: Swept): object {
  const { info, addresses, mean, se, baseline, disagreement, preparationSeconds } = swept
  const sites = reached(swept)
  return {
    sites: sites.length,
    items: info.items,
    seconds: info.seconds,
    sitesPerSecond: sites.length / info.seconds,
    preparationSeconds,
    state: info.state,
    operation: info.operation,
    measure: info.measure,
    method: info.method,
    baseline,
    ...(disagreement ? { disagreement } : {}),
    effects: Object.fromEntries(sites.map(i => [addresses[i], mean[i]])),
    se: Object.fromEntries(sites.map(i => [addresses[i], se[i]])),
  }
}

function textOf(swept: Swept, primary: string, dataset: string): string {
  const { info: { operation, measure, method, items, seconds, total }, addresses, mean, se, baseline, disagreement } = swept
  const sites = reached(swept)
  const strongest = [...sites].sort((a, b) => Math.abs(mean[b]) - Math.abs(mean[a])).slice(0, SHOWN)
  const width = Math.max(...strongest.map(i => addresses[i].length), 0)
  return [
    `${primary} on ${items.toLocaleString('en')} items of ${dataset}: ${operationText(operation)}${operation.op === 'gate' ? ` to ${baselineName(operation.baseline)}` : ''}, ${method}, ${measure} ${baseline[measure].toFixed(4)} before`,
    `${sites.length.toLocaleString('en')}${sites.length < total ? ` of ${total.toLocaleString('en')}` : ''} sites in ${seconds.toFixed(2)} s, ${Math.round(sites.length / seconds).toLocaleString('en')} a second`,
    ...disagreement ? [`against exact on ${disagreement.sites} sites: rank correlation ${disagreement.rank?.toFixed(3) ?? 'undefined'}, largest error ${disagreement.maxError.toPrecision(3)}`] : [],
    ...strongest.map(i => `${addresses[i].padEnd(width)}  ${mean[i] >= 0 ? '+' : '−'}${Math.abs(mean[i]).toFixed(5)} ± ${se[i].toFixed(5)}`),
    ...sites.length > SHOWN ? [`and ${(sites.length - SHOWN).toLocaleString('en')} weaker ones; --json or --out gives all`] : [],
  ].join('\n')
}
