/** What a report tells, gathered in one pass over the events: the first trials whole, the rest in sums. */
import type { EventOf } from '../../../../preload/contract/session'
import type { ExportContext } from '../context'
import type { TrialRow } from '../csvTables'
import { baselineName } from '../../../../preload/contract/intervention'
import { Stimulations } from '../rows'

/** Trials that stand in the table. A longer list is no page any more: it is in the CSV. */
export const TRIALS_SHOWN = 500
export const SITES_SHOWN = 1000
/** Of the strip over time. */
export const BINS = 240

export interface DosePoint { strength: number, mean: number, se: number, n: number }
export interface Dose { site: string, operation: string, points: DosePoint[] }

export interface SiteSum {
  trials: number
  /** The stimulation of this site alone that changed the loss most. */
  strongest?: { mean: number, se: number, n: number, what: string }
}

export interface Gathered {
  /** Events by kind. */
  counts: Map<string, number>
  trials: TrialRow[]
  correct: number
  sham: { trials: number, largest: number }
  sites: Map<string, SiteSum>
  /** The first sites that were named, and how many were. */
  named: EventOf<'site'>[]
  /** One site at three strengths or more, most strengths first. */
  doses: Dose[]
  /** Trials in each stretch of the recording. */
  density: number[]
}

export async function gather(context: ExportContext): Promise<Gathered> {
  const { duration } = context.session.head
  const stimulations = new Stimulations()
  const doses = new Map<string, Dose>()
  const found: Gathered = { counts: new Map(), trials: [], correct: 0, sham: { trials: 0, largest: 0 }, sites: new Map(), named: [], doses: [], density: [...new Uint32Array(BINS)] }
  for await (const events of context.batches()) {
    for (const event of events) {
      found.counts.set(event.kind, (found.counts.get(event.kind) ?? 0) + 1)
      if (event.kind === 'stimulation')
        stimulations.begin(event)
      if (event.kind === 'stimulation.off')
        stimulations.end(event.stimulation)
      if (event.kind === 'site' && found.named.length < SITES_SHOWN)
        found.named.push(event)
      if (event.kind !== 'trial')
        continue
      const row = { trial: event, stimulation: stimulations.of(event.stimulation) }
      if (found.trials.length < TRIALS_SHOWN)
        found.trials.push(row)
      found.correct += event.correct ? 1 : 0
      found.density[Math.min(BINS - 1, Math.floor(BINS * event.t / (duration + 1)))]! += 1
      sumSham(found, event)
      sumSites(found, row)
      addDose(doses, row)
    }
  }
  found.doses = [...doses.values()].filter(({ points }) => points.length >= 3).sort((a, b) => b.points.length - a.points.length)
  for (const { points } of found.doses)
    points.sort((a, b) => a.strength - b.strength)
  return found
}

function sumSham({ sham }: Gathered, trial: EventOf<'trial'>): void {
  if (!trial.sham)
    return
  sham.trials++
  sham.largest = Math.max(sham.largest, Math.abs(trial.effects.loss?.mean ?? 0))
}

function sumSites({ sites }: Gathered, { trial, stimulation }: TrialRow): void {
  const interventions = stimulation?.interventions ?? []
  for (const address of new Set(interventions.map(({ site }) => site))) {
    const sum = sites.get(address) ?? { trials: 0 }
    sites.set(address, sum)
    sum.trials++
    const { loss } = trial.effects
    const [only] = interventions
    if (only === undefined || interventions.length > 1 || loss === undefined || Math.abs(loss.mean) < Math.abs(sum.strongest?.mean ?? 0))
      continue
    sum.strongest = { ...loss, what: `${only.op}${'strength' in only ? ` ${only.strength}` : ''}` }
  }
}

/** The last word on each strength counts: a deterministic primary repeats itself. */
function addDose(doses: Map<string, Dose>, { trial, stimulation }: TrialRow): void {
  const [only] = stimulation?.interventions ?? []
  const { loss } = trial.effects
  if (only === undefined || stimulation!.interventions.length > 1 || !('strength' in only) || loss === undefined)
    return
  const operation = only.op === 'gate' ? `gate (${baselineName(only.baseline)})` : only.op
  const key = `${only.site}\n${operation}`
  const dose = doses.get(key) ?? { site: only.site, operation, points: [] }
  doses.set(key, dose)
  const point = { strength: only.strength, ...loss }
  const at = dose.points.findIndex(({ strength }) => strength === only.strength)
  if (at === -1)
    dose.points.push(point)
  else
    dose.points[at] = point
}
