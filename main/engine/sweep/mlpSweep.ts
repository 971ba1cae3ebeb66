/** Jobs on an mlp, sorted by where they act, through the exact path or an estimate; whole layers go the slow way. */
import type { Measure, Tensor } from '../../../preload/contract/engine'
import type { Intervention } from '../../../preload/contract/intervention'
import type { MlpArchitecture } from '../../../preload/contract/primary'
import type { Executor, Value } from '../executor/executor'
import type { Model } from '../primary/model'
import type { UnitFacts } from './mlpChanges'
import type { MlpJob } from './mlpExact'
import type { MlpValues } from './mlpValues'
import type { SweepEngine, SweepSubject } from './subject'
import { sitesOf } from '../../../preload/contract/address'
import { uploadTensor } from '../executor/executor'
import { modelOf } from '../primary/models'
import { gatherTargets } from '../task/items'
import { attributeMlp, midpoints } from './mlpAttribution'
import { targetOf } from './mlpChanges'
import { MlpExact } from './mlpExact'
import { unitFacts } from './mlpFacts'
import { mlpValues } from './mlpValues'

interface Bench {
  executor: Executor
  model: Model
  architecture: MlpArchitecture
  parameters: Value[]
  weights: Record<string, Tensor>
  values: MlpValues
  facts: UnitFacts
  measure: Measure
  targets: Int32Array
}

interface Sorted {
  /** Jobs that act on one layer and one kind of target, with their places in the list. */
  groups: { jobs: MlpJob[], places: number[] }[]
  /** Places of jobs on several units at once. */
  whole: number[]
}

/** The way to sweep this patient on these rows; the unstimulated run is made here, once. */
export async function mlpSweep(executor: Executor, subject: SweepSubject, architecture: MlpArchitecture, rows: Int32Array, measure: Measure): Promise<SweepEngine> {
  const { weights, items, calibration } = subject
  const model = modelOf(architecture)
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  const values = await mlpValues(executor, model, architecture, parameters, items, rows)
  const partners = items.counterfactual
  const counterfactual = partners && (await mlpValues(executor, model, architecture, parameters, { ...items, inputs: partners }, rows))
  const facts = unitFacts({ calibration, weights, rows, ...(counterfactual ? { counterfactual } : {}) })
  const bench: Bench = { executor, model, architecture, parameters, weights, values, facts, measure, targets: gatherTargets(items, rows) }

  return {
    exact: async (interventions) => {
      const { groups, whole } = sorted(interventions, architecture)
      const exact = new MlpExact(bench)
      await exact.prepare(groups.map(({ jobs }) => jobs[0].target))
      return {
        slow: whole,
        run: async (gathered, ready) => {
          for (const { jobs, places } of groups) await exact.run(jobs, (i, differences) => gathered(places[i], differences), ready)
        },
      }
    },
    estimate: async (interventions, steps) => {
      const { groups, whole } = sorted(interventions, architecture)
      const points = steps === undefined ? [0] : midpoints(steps)
      return {
        slow: whole,
        run: async (gathered, ready) => {
          for (const { jobs, places } of groups) await attributeMlp({ ...bench, points }, jobs, (i, differences) => gathered(places[i], differences), ready)
        },
      }
    },
    logits: values.logits,
    dispose: () => executor.free(...parameters),
  }
}

function sorted(interventions: readonly Intervention[], architecture: MlpArchitecture): Sorted {
  const groups = new Map<string, Sorted['groups'][number]>()
  const whole: number[] = []
  for (const [place, intervention] of interventions.entries()) {
    const sites = sitesOf(intervention.site, architecture)
    const target = sites.length === 1 ? targetOf(sites[0]) : undefined
    if (!target) {
      whole.push(place)
      continue
    }
    const key = `${target.layer}/${target.at}`
    const group = groups.get(key) ?? { jobs: [], places: [] }
    group.jobs.push({ site: sites[0], target, intervention })
    group.places.push(place)
    groups.set(key, group)
  }
  return { groups: [...groups.values()], whole }
}
