/**
 * The ways to sweep a primary: single units, weights and edges of dense layers by their differences, cells of other hooks
 * in batches of sites that begin where they act, everything else by a full run each.
 */
import type { Measure } from '../../../preload/contract/engine'
import type { Executor } from '../executor/executor'
import type { DenseJob, DenseOptions } from './denseExact'
import type { Job, Prepared, SweepEngine, SweepSubject } from './subject'
import { uploadTensor } from '../executor/executor'
import { attributeDense } from './denseAttribution'
import { densePlace } from './denseChanges'
import { DenseExact } from './denseExact'
import { denseFacts } from './denseFacts'
import { denseValues } from './denseValues'
import { answersOf } from './rowMeasures'

interface Groups<T> {
  /** Jobs that act on one place, with their places in the list. */
  groups: { jobs: T[], places: number[] }[]
  others: number[]
}

/** The unstimulated run is made here, once. */
export async function modelSweep(executor: Executor, subject: SweepSubject, rows: Int32Array, measure: Measure): Promise<SweepEngine> {
  const { model, weights, items, observer } = subject
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  const answers = answersOf(model, items, rows)
  const values = await denseValues(subject, rows)
  const logits = values?.logits ?? (await observer.observe(items, rows, [])).outputs
  const denseOptions = async (groups: Groups<DenseJob>['groups']): Promise<DenseOptions> =>
    ({ executor, subject, parameters, values: values!, measure, answers, facts: await denseFacts(subject, groups.flatMap(({ jobs }) => jobs), rows) })

  return {
    logits,
    dispose: () => executor.free(...parameters),
    exact: async (jobs) => {
      const { groups, others } = denseGroups(subject, jobs)
      const dense = groups.length > 0 ? new DenseExact(await denseOptions(groups)) : undefined
      await dense?.prepare(groups.map(({ jobs }) => jobs))
      return prepared(groups, others, (some, gathered, ready) => dense!.run(some, gathered, ready))
    },
    estimate: async (jobs, steps) => {
      const { groups, others } = denseGroups(subject, jobs)
      if (groups.length === 0) return { slow: others, run: async () => {} }
      const options = { ...await denseOptions(groups), points: steps === undefined ? [0] : midpoints(steps) }
      return prepared(groups, others, (some, gathered, ready) => attributeDense(options, some, gathered, ready))
    },
  }
}

function prepared<T>(groups: Groups<T>['groups'], slow: number[], run: (jobs: T[], ...rest: Parameters<Prepared['run']>) => Promise<void>): Prepared {
  return {
    slow,
    run: async (gathered, ready) => {
      for (const { jobs, places } of groups) await run(jobs, (i, differences) => gathered(places[i], differences), ready)
    },
  }
}

/** Midpoints of m equal parts of the way. */
function midpoints(m: number): number[] {
  return Array.from({ length: m }, (_, k) => (k + 0.5) / m)
}

function denseGroups({ model }: SweepSubject, jobs: readonly Job[]): Groups<DenseJob> {
  return grouped(jobs, (job) => {
    const place = job.length === 1 ? densePlace(job[0], model) : undefined
    return place && { key: `${place.layer}/${place.at}`, job: { place, intervention: job[0].intervention } }
  })
}

function grouped<T>(jobs: readonly Job[], sort: (job: Job) => { key: string, job: T } | undefined): Groups<T> {
  const groups = new Map<string, Groups<T>['groups'][number]>()
  const others: number[] = []
  for (const [place, job] of jobs.entries()) {
    const found = sort(job)
    if (!found) {
      others.push(place)
      continue
    }
    const group = groups.get(found.key) ?? { jobs: [], places: [] }
    group.jobs.push(found.job)
    group.places.push(place)
    groups.set(found.key, group)
  }
  return { groups: [...groups.values()], others }
}
