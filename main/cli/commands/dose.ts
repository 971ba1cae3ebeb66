/** Dose–response of one site. */
import type { DoseCurve } from '../../../preload/contract/sweep'
import type { Command } from '../command'
import { UserError } from '../../../preload/contract/errors'
import { loadPatient } from '../../theatre/loading'
import { PatientOnTable } from '../../theatre/patient'
import { Sweeps } from '../../theatre/sweep'
import { integerOption, Interrupted, requiredOption, UsageError } from '../command'
import { csvOf, itemsOption, ladderOption, measureOption, operationOption, outOption, writeResult } from './sweepOptions'

/** Strengths when none are asked for. */
const LADDERS = { gate: '0:3:0.25', drive: '-6:6:1', clamp: '-3:3:0.5', noise: '0:6:1' }

export const dose: Command = {
  summary: 'effect of one site at a ladder of strengths, with its threshold',
  usage: 'PRIMARY --dataset DATASET --site ADDRESS [--op drive|gate|clamp|noise] [--ladder -6:6:1] [--baseline zero|mean|resample:SEED] [--measure loss] [--items 1000] [--seed 1] [--out FILE.json|.csv]',
  options: {
    dataset: { type: 'string' },
    site: { type: 'string' },
    op: { type: 'string', default: 'drive' },
    ladder: { type: 'string' },
    baseline: { type: 'string', default: 'zero' },
    measure: { type: 'string', default: 'loss' },
    items: { type: 'string' },
    out: { type: 'string' },
  },
  positionals: { min: 1, max: 1 },
  run: async (invocation) => {
    const { workstation, positionals: [primary], options, signal } = invocation
    const operation = operationOption(invocation, 'ladder')
    if (operation.op === 'patch') throw new UsageError('--op patch has no strength to make a ladder of.')
    const ladder = ladderOption(typeof options.ladder === 'string' ? options.ladder : LADDERS[operation.op])
    const site = requiredOption(invocation, 'site')
    const out = outOption(invocation)
    const loaded = await loadPatient(primary, workstation.places, requiredOption(invocation, 'dataset'))
    const engine = workstation.engine()
    const seed = integerOption(invocation, 'seed') ?? 1
    const patient = new PatientOnTable(engine.functions, loaded, { seed, home: workstation.places.home })
    await patient.open()

    const sweeps = new Sweeps(engine, { changed: () => {} })
    signal.addEventListener('abort', () => void sweeps.cancel())
    const curve = await sweeps.dose(patient, { site, operation, ladder, measure: measureOption(invocation), items: itemsOption(invocation, patient), seed }).catch((error: unknown) => {
      if (error instanceof UserError && error.code === 'cancelled') throw new Interrupted(error.message)
      throw error
    })
    const json = jsonOf(curve, { primary: loaded.file.name, dataset: loaded.dataset.name, op: operation.op, measure: options.measure })
    if (out !== undefined) await writeResult(out, json, () => csvOf(['strength', 'effect', 'se', 'n', 'band'], curve.ladder.map(({ strength, effect, band }) => [strength, effect.mean, effect.se, effect.n, band])))
    return { json, text: textOf(curve, String(options.measure)) }
  },
}

function jsonOf({ ladder, ...curve }: DoseCurve, about: object): object {
  return {
    ...about,
    ...curve,
    ladder: ladder.map(({ strength, effect, band }) => ({ strength, mean: effect.mean, se: effect.se, band })),
    // Named even where there is none: a script asks for it.
    threshold: curve.threshold ?? null,
  }
}

function textOf({ site, ladder, threshold, slope, saturation, items, baseline }: DoseCurve, measure: string): string {
  const signed = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(5)}`
  return [
    `${site} on ${items.toLocaleString('en')} items: effect on ${measure}, ${baseline[measure].toFixed(4)} before`,
    ...ladder.map(({ strength, effect, band }) => `${String(strength).padStart(8)}  ${signed(effect.mean)} ± ${effect.se.toFixed(5)}  null within ±${band.toFixed(5)}${Math.abs(effect.mean) > band ? '  *' : ''}`),
    threshold === undefined ? 'No strength leaves the 99 % band of the null.' : `Threshold ${threshold}: the strength nearest to none whose effect leaves the 99 % band of the null.`,
    `Steepest from ${slope.from} to ${slope.to}: ${signed(slope.value)} per unit of strength.`,
    saturation ? `Saturates at ${saturation.strength}, effect ${signed(saturation.effect)}.` : 'Not saturated on this ladder.',
  ].join('\n')
}
