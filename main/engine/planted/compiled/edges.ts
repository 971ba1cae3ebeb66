import type { Baseline, Intervention } from '../../../../preload/contract/intervention'
/**
 * Truth about the edges of a compiled program, by causal effect and per baseline, with the interventions that everyone
 * uses: an edge counts where gating it to 0 changes the answers, by KL(without ‖ with) over test items. Which edges those
 * are is asked twice: of each edge alone, and in context, of each within the circuit alone, everything else gated to 0.
 * Both must agree, and the circuit alone must answer everything right; a program is exact, so nothing lies between.
 * Edges that are planted and change nothing under a baseline are no part of its circuit: none is called inert.
 */
import type { PlantedTask } from '../../../../preload/contract/planted'
import type { Executor } from '../../executor/executor'
import type { OpenPatient } from '../../stimulation/patient'
import type { Compiled } from './program'
import { expandSites } from '../../../../preload/contract/sweepSites'
import { openPatient } from '../../stimulation/patient'
import { allRows } from '../../task/items'

/** Nats. Real effects are tenths of a nat and more, none is rounding. */
const TOLERANCE = 1e-3
/** Items that effects are measured over. */
const ITEMS = 24

const BASELINES: [name: 'zero' | 'resample', Baseline][] = [['zero', 'zero'], ['resample', { resample: 1 }]]

export async function compiledTask(executor: Executor, compiled: Compiled, ready: () => Promise<void>): Promise<PlantedTask> {
  const { architecture, weights, file, train, test } = compiled
  const patient = await openPatient(executor, { architecture, weights, items: test, calibration: allRows(ITEMS) })
  try {
    const candidates = expandSites('edges', architecture)
    const gated = gating(patient, candidates, ready)
    const truths: PlantedTask['truths'] = []
    for (const [name, baseline] of BASELINES) {
      const sites = await circuitOf(candidates, edges => gated(edges, baseline))
      truths.push({ kind: 'edges', baseline: name, sites, inert: [], note: `gate 0 with baseline ${name}, of each edge alone and within the circuit alone` })
    }
    const { accuracy } = await patientAccuracy(patient, test.inputs.shape[0])
    return { file, train, test, accuracy, cleanAccuracy: accuracy, agreement: 1, truths }
  }
  finally {
    patient.dispose()
  }
}

interface Effect { kl: number, accuracy: number }

/** What gating some edges to 0 does. All the others are gated as well, to 1, which is exactly nothing: so all runs are one program. */
function gating({ stimulate }: OpenPatient, candidates: readonly string[], ready: () => Promise<void>): (edges: readonly string[], baseline: Baseline) => Promise<Effect> {
  const battery = allRows(ITEMS)
  return async (edges, baseline) => {
    await ready()
    const interventions = candidates.map((site): Intervention => ({ site, op: 'gate', strength: edges.includes(site) ? 0 : 1, baseline }))
    const { measures: { kl, accuracy } } = await stimulate({ set: { interventions, compose: false }, focus: 0, battery }, () => 0)
    return { kl: kl.effect.mean, accuracy: accuracy.after }
  }
}

async function circuitOf(candidates: readonly string[], gated: (edges: readonly string[]) => Promise<Effect>): Promise<string[]> {
  const sites: string[] = []
  for (const edge of candidates) {
    if ((await gated([edge])).kl > TOLERANCE) sites.push(edge)
  }
  const others = candidates.filter(edge => !sites.includes(edge))
  const alone = await gated(others)
  if (alone.accuracy < 1 - 1e-9) throw new Error(`the circuit alone answers ${alone.accuracy} right`)
  for (const edge of sites) {
    if ((await gated([...others, edge])).kl <= TOLERANCE) throw new Error(`${edge} counts alone and not in context`)
  }
  return sites
}

async function patientAccuracy({ stimulate }: OpenPatient, count: number): Promise<{ accuracy: number }> {
  const { measures: { accuracy } } = await stimulate({ set: { interventions: [], compose: false }, focus: 0, battery: allRows(count) }, () => 0)
  return { accuracy: accuracy.before }
}
