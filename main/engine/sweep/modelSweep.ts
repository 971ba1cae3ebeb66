/**
 * The ways to sweep a primary: single units, weights and edges of dense layers by their differences, cells of other hooks
 * in batches of sites that begin where they act, everything else by a full run each.
 */
import type { Measure } from '../../../preload/contract/engine'
import type { Executor } from '../executor/executor'
import type { Target } from '../stimulation/targets'
import type { CellOptions } from './cellSweep'
import type { DenseJob, DenseOptions } from './denseExact'
import type { Job, SweepEngine, SweepSubject } from './subject'
import { UserError } from '../../../preload/contract/errors'
import { uploadTensor } from '../executor/executor'
import { CellSweep } from './cellSweep'
import { attributeDense } from './denseAttribution'
import { densePlace } from './denseChanges'
import { DenseExact } from './denseExact'
import { denseFacts } from './denseFacts'
import { denseValues } from './denseValues'
import { answersOf } from './rowMeasures'
import { StreamSweep, writerOf } from './streamSweep'

/** Jobs that act on one layer or hook alike, with their places in the list. */
interface Group<T> { jobs: T[], places: number[] }

/** The unstimulated run is made here, once. */
export async function modelSweep(executor: Executor, subject: SweepSubject, rows: Int32Array, measure: Measure): Promise<SweepEngine> {
  const { model, weights, items, observer } = subject
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  const answers = answersOf(model, items, rows)
  const values = await denseValues(subject, rows)
  const logits = values?.logits ?? (await observer.observe(items, rows, [])).outputs
  const denseOptions = async (groups: Group<DenseJob>[]): Promise<DenseOptions> =>
    ({ executor, subject, parameters, values: values!, measure, answers, facts: await denseFacts(subject, groups.flatMap(({ jobs }) => jobs), rows) })

  const cellOptions: CellOptions = { executor, subject, parameters, rows, measure, answers, logits }

  return {
    logits,
    dispose: () => executor.free(...parameters),
    exact: async (jobs) => {
      const { dense, cells, others } = sorted(subject, jobs)
      const denseExact = dense.length > 0 ? new DenseExact(await denseOptions(dense)) : undefined
      await denseExact?.prepare(dense.map(({ jobs }) => jobs))
      const sweeps = await prepared(cells.map(({ jobs, places }) => ({ places, sweep: writerOf(jobs[0], cellOptions) ? new StreamSweep(cellOptions, jobs) : new CellSweep(cellOptions, jobs) })))
      for (const { sweep } of sweeps) await sweep.measureBase()
      return {
        slow: others,
        run: async (gathered, ready) => {
          for (const { jobs, places } of dense) await denseExact!.run(jobs, (i, differences) => gathered(places[i], differences), ready)
          for (const { sweep, places } of sweeps) await sweep.exact((i, differences) => gathered(places[i], differences), ready)
        },
      }
    },
    estimate: async (jobs, steps) => {
      const { dense, cells, others } = sorted(subject, jobs)
      if (others.length > 0) throw withoutEstimate(jobs[others[0]][0].intervention.site)
      const points = steps === undefined ? [0] : midpoints(steps)
      const options = dense.length > 0 ? { ...await denseOptions(dense), points } : undefined
      const sweeps = await prepared(cells.map(({ jobs, places }) => ({ places, sweep: new CellSweep(cellOptions, jobs) })))
      return {
        slow: [],
        run: async (gathered, ready) => {
          for (const { jobs, places } of dense) await attributeDense(options!, jobs, (i, differences) => gathered(places[i], differences), ready)
          for (const { sweep, places } of sweeps) await sweep.estimate(points, (i, differences) => gathered(places[i], differences), ready)
        },
      }
    },
  }
}

async function prepared<T extends { prepare: () => Promise<void> }>(sweeps: { sweep: T, places: number[] }[]): Promise<{ sweep: T, places: number[] }[]> {
  for (const { sweep } of sweeps) await sweep.prepare()
  return sweeps
}

/** Midpoints of m equal parts of the way. */
function midpoints(m: number): number[] {
  return Array.from({ length: m }, (_, k) => (k + 0.5) / m)
}

/** What goes which way. A site of several places goes the slow one. */
function sorted({ model }: SweepSubject, jobs: readonly Job[]): { dense: Group<DenseJob>[], cells: Group<Target>[], others: number[] } {
  const dense = new Map<string, Group<DenseJob>>()
  const cells = new Map<string, Group<Target>>()
  const others: number[] = []
  for (const [place, job] of jobs.entries()) {
    const [target] = job
    const found = job.length === 1 ? densePlace(target, model) : undefined
    if (found) join(dense, `${found.layer}/${found.at}`, { place: found, intervention: target.intervention }, place)
    else if (job.length === 1 && target.place.kind === 'cells') join(cells, `${target.place.hook}/${target.place.components.length}`, target, place)
    else others.push(place)
  }
  return { dense: [...dense.values()], cells: [...cells.values()], others }
}

function join<T>(groups: Map<string, Group<T>>, key: string, job: T, place: number): void {
  const group = groups.get(key) ?? { jobs: [], places: [] }
  group.jobs.push(job)
  group.places.push(place)
  groups.set(key, group)
}

function withoutEstimate(site: string): UserError {
  return new UserError({
    code: 'method-unfit',
    message: `${site}: attribution is there for units, heads, channels, layers and streams, and for weights and edges of dense layers; not for this site.`,
    remedy: 'Sweep it with the method exact.',
    path: site,
  })
}
