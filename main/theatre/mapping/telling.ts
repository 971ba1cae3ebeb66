/** A mapping as the screen may know it. Blinded, what would give a site or a sham away is not there. */
import type { MappingInfo, MappingSite, MappingTrial } from '../../../preload/contract/mapping'
import type { Presented } from './present'
import type { MappingRun } from './run'
import { evidenceAt } from './judging'

export function isBlinded({ history, options: { prepared: { protocol } } }: MappingRun): boolean {
  return protocol.blinding !== 'none' && history.unblinded === undefined
}

type Interrupted = NonNullable<MappingInfo['interrupt']>

/** Who clicks a site knows it. */
function hidesSites(run: MappingRun): boolean {
  return isBlinded(run) && run.options.prepared.protocol.blinding === 'both' && run.options.mode !== 'hand'
}

export function infoOf(run: MappingRun, session: string, seconds: number): MappingInfo {
  const { history, planner, options: { mapping, mode, prepared } } = run
  const { protocol, items, tasks } = prepared
  const { phase, status, interrupt } = history.machine
  const blinded = isBlinded(run)
  const open = new Set(planner.open)
  const next = mode === 'assisted' && status === 'running' ? planner.next() : undefined
  return {
    mapping,
    protocol,
    mode,
    phase,
    status,
    ...(interrupt && status === 'interrupted' ? { interrupt: asTold(run, interrupt) } : {}),
    session,
    blinded,
    ...(history.unblinded ? { unblinded: { by: history.unblinded.by, early: history.unblinded.early } } : {}),
    items: { calibrate: items.calibrate.length, map: items.map.length, heldOut: items.heldOut.length, excluded: items.excluded.length },
    ...(tasks.length > 0 ? { tasks } : {}),
    sites: prepared.sites.map(address => siteOf(run, address, open)),
    trials: { done: history.trials.length, expected: history.trials.length + planner.left },
    ...(next ? { next: { number: history.number, item: next.rows[0], ...(hidesSites(run) ? {} : { site: next.sites[0] }) } } : {}),
    seconds,
  }
}

/** A seizure has a site and a strength, a faulty sham is one: neither is told while that is hidden. */
function asTold(run: MappingRun, interrupt: Interrupted): Interrupted {
  const { what } = interrupt
  const { shams } = run.history
  if (what === 'seizure' && hidesSites(run)) {
    const count = run.history.seizures.filter(({ phase }) => phase !== 'verify').length
    return { what, message: `${count} seizure${count === 1 ? '' : 's'}; where, and at which strength, is told at unblinding.` }
  }
  // An engine that failed is no secret.
  if (what === 'instrument' && isBlinded(run) && shams.identical < shams.done) return { what, message: 'A sham, a stimulation of strength zero, did not give exactly the answers of no stimulation; which trial it was is told at unblinding.' }
  return interrupt
}

function siteOf(run: MappingRun, address: string, open: ReadonlySet<string>): MappingSite {
  const { history, options: { prepared: { protocol } } } = run
  if (hidesSites(run)) return { address, state: 'waiting' }
  const { phase } = history.machine
  const trials = history.at(address)
  const ramp = history.ramps.get(address)
  const state = open.has(address) ? trials.length > 0 ? 'under-way' : 'waiting' : phase === 'prepare' ? 'waiting' : 'done'
  const known = {
    address,
    state,
    trials: trials.length,
    ...(ramp ? { working: ramp.working, ...(ramp.threshold === undefined ? {} : { threshold: ramp.threshold }) } : {}),
  } as const
  if (isBlinded(run)) return known
  const { k, n, items, lost, p } = evidenceAt(protocol, history, address)
  const verdict = history.verdicts.get(address)
  return { ...known, k, n, items, lost, p, ...(verdict ? { verdict: verdict.verdict, ...(verdict.tag === undefined ? {} : { tag: verdict.tag }) } : {}) }
}

export function trialOf(run: MappingRun, { body, score, after, answer }: Presented): MappingTrial {
  const { trial, number, phase, site, strength, sham, lost, items, seizure } = body
  return {
    trial,
    number,
    phase,
    shown: after,
    answer,
    ...(hidesSites(run) ? {} : { site }),
    ...(isBlinded(run) ? {} : { strength, sham, auto: score.code, lost, items }),
    ...(seizure ? { seizure } : {}),
  }
}
