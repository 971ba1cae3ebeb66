import type { Intervention } from '../../../preload/contract/intervention'
/**
 * Dose–response: one site at a ladder of strengths, each paired over the same items. Threshold, slope and saturation are
 * read off the ladder that was run; nothing is fitted.
 */
import type { DoseCurve, DoseRequest } from '../../../preload/contract/sweep'
import type { Executor } from '../executor/executor'
import type { Prepared, SweepSubject } from './subject'
import type { SweepHooks } from './sweep'
import { UserError } from '../../../preload/contract/errors'
import { targetsOf } from '../stimulation/targets'
import { effectOf } from '../task/measures'
import { modelSweep } from './modelSweep'
import { answersOf } from './rowMeasures'
import { signFlipBands } from './signFlips'
import { measuresOf, slowDifferences } from './sweep'

type Point = DoseCurve['ladder'][number]

const SATURATED = 0.05

export async function dose(executor: Executor, subject: SweepSubject, request: DoseRequest, hooks: SweepHooks): Promise<DoseCurve> {
  const { site, operation, items, seed } = request
  const start = hooks.now()
  const strengths = [...new Set(request.ladder)].sort((a, b) => a - b)
  const interventions = strengths.map((strength): Intervention => ({ site, ...operation, strength }))
  const engine = await modelSweep(executor, subject, items, request.measure)
  try {
    const differences = await differencesOf(subject, request, interventions, await engine.exact(interventions.map(intervention => targetsOf({ interventions: [intervention], compose: false }, subject.model))), hooks)
    const bands = signFlipBands(differences, seed)
    const ladder = strengths.map((strength, i): Point => ({ strength, effect: effectOf(differences[i]), band: bands[i] }))
    const neutral = operation.op === 'gate' ? 1 : operation.op === 'clamp' ? leastChanging(strengths, differences) : 0
    return {
      site,
      ladder,
      neutral,
      ...readings(ladder, neutral),
      items: items.length,
      baseline: measuresOf(engine.logits, answersOf(subject.model, subject.items, items)),
      seconds: (hooks.now() - start) / 1000,
    }
  }
  finally {
    engine.dispose()
  }
}

async function differencesOf(subject: SweepSubject, request: DoseRequest, interventions: Intervention[], prepared: Prepared, hooks: SweepHooks): Promise<Float64Array[]> {
  const differences: Float64Array[] = []
  let done = 0
  const start = hooks.now()
  const ready = async (): Promise<boolean> => {
    hooks.progress({ sweep: request.dose, done, total: interventions.length, seconds: (hooks.now() - start) / 1000 })
    await hooks.ready()
    return !hooks.cancelled()
  }
  await prepared.run((place, row) => {
    differences[place] = row.slice()
    done++
  }, ready)
  for (const place of prepared.slow) {
    if (!await ready()) break
    differences[place] = await slowDifferences(subject, request, interventions[place])
    done++
  }
  if (done < interventions.length) throw new UserError({ code: 'cancelled', message: 'The dose–response run was cancelled.', remedy: 'Run it again; half a ladder has no threshold.' })
  return differences
}

/** Threshold, slope and saturation of a ladder in ascending order of strength. */
export function readings(ladder: readonly Point[], neutral: number): Pick<DoseCurve, 'threshold' | 'slope' | 'saturation'> {
  const outward = [...ladder].sort((a, b) => Math.abs(a.strength - neutral) - Math.abs(b.strength - neutral))
  const threshold = outward.find(({ effect, band }) => Math.abs(effect.mean) > band)?.strength
  const saturation = saturationOf(ladder, neutral)
  return {
    ...(threshold === undefined ? {} : { threshold }),
    slope: steepest(ladder),
    ...(saturation ? { saturation } : {}),
  }
}

function steepest(ladder: readonly Point[]): DoseCurve['slope'] {
  let best = { value: 0, from: ladder[0].strength, to: ladder[0].strength }
  for (let i = 1; i < ladder.length; i++) {
    const [from, to] = [ladder[i - 1], ladder[i]]
    const value = (to.effect.mean - from.effect.mean) / (to.strength - from.strength)
    if (Math.abs(value) > Math.abs(best.value)) best = { value, from: from.strength, to: to.strength }
  }
  return best
}

function saturationOf(ladder: readonly Point[], neutral: number): DoseCurve['saturation'] {
  const size = ({ effect }: Point): number => Math.abs(effect.mean)
  const top = ladder.reduce((best, point) => size(point) > size(best) ? point : best)
  if (size(top) === 0) return undefined
  const side = ladder
    .filter(({ strength }) => Math.sign(strength - neutral) === Math.sign(top.strength - neutral))
    .sort((a, b) => Math.abs(a.strength - neutral) - Math.abs(b.strength - neutral))
  const near = (point: Point): boolean => Math.abs(point.effect.mean - top.effect.mean) <= SATURATED * size(top)
  const first = side.findIndex((_, i) => side.slice(i).every(near))
  // One point at the end says only that the ladder ends.
  return first < 0 || first === side.length - 1 ? undefined : { strength: side[first].strength, effect: side[first].effect.mean }
}

/** A clamp is neutral nowhere; where it changes least stands in. */
function leastChanging(strengths: number[], differences: Float64Array[]): number {
  const sizes = differences.map(row => row.reduce((sum, d) => sum + d * d, 0))
  return strengths[sizes.indexOf(Math.min(...sizes))]
}
