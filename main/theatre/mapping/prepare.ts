/**
 * What must be known before the first trial: the sites, the items and what each is for, and whether the protocol can find
 * anything at all. Everything a protocol may get wrong for this primary is refused here, with the place in the protocol.
 */
import type { Items } from '../../../preload/contract/engine'
import type { Protocol, TaskGroup } from '../../../preload/contract/protocol'
import type { PatientOnTable } from '../patient'
import { UserError } from '../../../preload/contract/errors'
import { expandSites } from '../../../preload/contract/sweepSites'
import { answerTarget, itemCount } from '../../lib/answers'
import { randomStream } from '../../lib/random'
import { power, trialsNeeded } from '../../lib/statistics/power'
import { allowedStrengths, doseOf } from './doses'

export interface Prepared {
  protocol: Protocol
  sites: string[]
  /** Rows of the patient's items. */
  items: { calibrate: Int32Array, map: Int32Array, heldOut: Int32Array, excluded: Int32Array }
  tasks: TaskGroup[]
  /** Presented after every trial without stimulation. */
  probe: Int32Array
  power: { reached: number, trials: number, sites: number }
}

/** The first items for trials. */
export const PROBE_ITEMS = 4

export function prepare(patient: PatientOnTable, protocol: Protocol): Prepared {
  const sites = mappedSites(patient, protocol)
  checkDoses(protocol, sites)
  const items = chooseItems(patient, protocol)
  return { protocol, sites, items, tasks: tasksOf(patient, protocol), probe: items.map.slice(0, PROBE_ITEMS), power: checkPower(protocol, sites.length) }
}

function mappedSites(patient: PatientOnTable, { sites }: Protocol): string[] {
  const { architecture } = patient.loaded.file
  const addresses = expandSites(sites === 'auto' ? architecture.kind === 'transformer' ? 'heads' : 'units' : sites, architecture)
  return [...new Set(addresses)]
}

function checkDoses(protocol: Protocol, sites: string[]): void {
  const { stimulation, doseCap, siteCaps } = protocol
  stimulation.strengths.forEach((strength, i) => {
    const dose = doseOf(stimulation, strength)
    const path = `stimulation.strengths.${i}`
    if (dose === 0) throw invalid('dose-none', path, `${strength} does nothing with ${stimulation.op}`, 'Leave it out; the sham presents it.')
    if (dose > doseCap) throw invalid('dose-over-cap', path, `${strength} is a dose of ${dose}, and the cap is ${doseCap}`, 'Lower it, or raise "doseCap".')
    if (i > 0 && dose <= doseOf(stimulation, stimulation.strengths[i - 1])) throw invalid('protocol-invalid', path, `its dose is ${dose}, not above the one before it`, 'Give strengths by ascending dose.')
  })
  for (const [site, cap] of Object.entries(siteCaps)) {
    if (!sites.includes(site)) throw invalid('site-unknown', `siteCaps.${site}`, 'it is no site of this map', 'Correct the address, or leave the cap out.')
    if (cap > doseCap) throw invalid('dose-over-cap', `siteCaps.${site}`, `it is ${cap}, above the cap of ${doseCap} for all sites`, 'Lower it, or raise "doseCap".')
    if (allowedStrengths(protocol, site).length === 0) throw invalid('dose-over-cap', `siteCaps.${site}`, `no strength of the protocol has a dose of ${cap} or less`, 'Add a weaker strength, or leave the site out of "sites".')
  }
}

/** Held-out items first, so that a change of trials does not move them; the rest divided by what is needed. */
function chooseItems(patient: PatientOnTable, protocol: Protocol): Prepared['items'] {
  const { battery, staircase, trials, stimulation } = protocol
  const { items, dataset } = patient.loaded
  const looked = randomStream(protocol.seed, 'mapping/items').permutation(itemCount(items)).slice(0, battery.items)
  const passes = (item: number): boolean => patient.answers[item] === answerTarget(items, item)
  const passed = looked.filter(passes)
  const excluded = looked.filter(item => !passes(item))
  if (passed.length === 0) throw invalid('battery-failed', 'battery.items', `the primary fails every one of the ${looked.length} items of ${dataset.name} without stimulation`, 'Give a data set whose task the primary does.')
  const held = Math.round(battery.heldOut * passed.length)
  const rest = passed.slice(held)
  const [forSteps, forTrials] = [staircase ? staircase.items * stimulation.strengths.length : 0, trials.items * trials.most]
  if (rest.length < forSteps + forTrials) {
    throw invalid('too-few-items', 'battery.items', `a site needs ${forSteps} items for its staircase and ${forTrials} for its trials, all different, and of ${looked.length} items looked at ${rest.length} are left (${excluded.length} failed without stimulation, ${held} held out)`, looked.length < battery.items
      ? `${dataset.name} has ${looked.length} items here; ask for fewer trials or items a trial.`
      : `Look at ${Math.ceil((forSteps + forTrials) / Math.max(1, rest.length) * looked.length)} or more, or ask for fewer trials or items a trial.`)
  }
  const calibrating = Math.ceil(rest.length * forSteps / (forSteps + forTrials))
  const enough = Math.min(Math.max(calibrating, forSteps), rest.length - forTrials)
  return { heldOut: passed.slice(0, held), calibrate: rest.slice(0, enough), map: rest.slice(enough), excluded }
}

export function tasksOf({ loaded: { dataset } }: PatientOnTable, { battery: { tasks } }: Protocol): TaskGroup[] {
  if (tasks === undefined) return []
  if (tasks === 'classes') return dataset.classNames.map((name, c) => ({ name, classes: [c] }))
  tasks.forEach(({ name, classes }, i) => classes.forEach((c, j) => {
    if (c >= dataset.classNames.length) throw invalid('class-unknown', `battery.tasks.${i}.classes.${j}`, `task “${name}” names class ${c}, and ${dataset.name} has classes 0 to ${dataset.classNames.length - 1}`, 'Name one it has.')
  }))
  return tasks
}

function checkPower(protocol: Protocol, sites: number): Prepared['power'] {
  const { trials, stopping, test, power: wanted } = protocol
  if (trials.least > trials.most) throw invalid('protocol-invalid', 'trials.least', `it is ${trials.least}, more than the ${trials.most} at most`, 'Lower it.')
  const plan = { rule: stopping.rule, items: trials.items, least: trials.least, level: test.alpha / sites, interference: wanted.interference, baselineError: wanted.baselineError }
  const reached = power({ ...plan, most: trials.most })
  if (reached >= wanted.target) return { reached, trials: trials.most, sites }
  const needed = trialsNeeded(plan, wanted.target)
  throw invalid(
    'power-unreachable',
    'trials.most',
    `over ${sites} sites, ${trials.most} trials of ${trials.items} items find an interference of ${share(wanted.interference)} with a probability of ${share(reached)}, and ${share(wanted.target)} was asked for`,
    needed === undefined ? 'No number of trials up to 1,000 reaches it; ask for more items a trial, or for a larger interference.' : `It takes ${needed} trials a site.`,
  )
}

export function taskItems(items: Items, rows: Int32Array, { classes }: TaskGroup): Int32Array {
  return rows.filter(row => classes.includes(answerTarget(items, row)))
}

function share(value: number): string {
  return `${Number((100 * value).toPrecision(3))} %`
}

/** `path` is the place in the protocol. */
function invalid(code: string, path: string, what: string, remedy: string): UserError {
  return new UserError({ code, message: `${path}: ${what}.`, remedy, path })
}
