/** Maps of the same sites side by side: where two say the same of a site, how their scores rank, and the sites they differ on. */
import type { Agreement } from '../../../preload/contract/mappingScreen'
import type { CircuitFile } from '../../../preload/contract/symbiote'
import type { PatientOnTable } from '../patient'
import type { Prepared } from './prepare'
import type { VerdictBody } from './verdicts'
import { ulid } from 'ulid'
import { UserError } from '../../../preload/contract/errors'
import { cohensKappa } from '../../lib/kappa'
import { spearman } from '../../lib/statistics/ranks'
import { interventionAt, largestStrength } from './doses'

/** A circuit to lay beside the map: its candidates with their scores. */
export interface KnownCircuit { name: string, sites: CircuitFile['sites'] }

/** Of one map: larger scores are more part of it; NaN where it says nothing of a site. */
export interface SiteMap { name: string, how: string, scores: number[], members: boolean[] }

export function agreementOf(sites: string[], maps: readonly SiteMap[]): Agreement {
  const pairs = maps.flatMap((a, i) => maps.slice(i + 1).map(b => comparePair(a, b)))
  const disagreements = sites.flatMap((site, i) => {
    const telling = maps.filter(({ scores }) => !Number.isNaN(scores[i]))
    const members = telling.filter(map => map.members[i]).map(({ name }) => name)
    const others = telling.filter(map => !map.members[i]).map(({ name }) => name)
    return members.length > 0 && others.length > 0 ? [{ site, members, others }] : []
  })
  return { sites, maps: [...maps], pairs, disagreements: disagreements.sort((a, b) => Math.min(b.members.length, b.others.length) - Math.min(a.members.length, a.others.length)) }
}

function comparePair(a: SiteMap, b: SiteMap): Agreement['pairs'][number] {
  const both = a.scores.flatMap((score, i) => Number.isNaN(score) || Number.isNaN(b.scores[i]) ? [] : [i])
  const count = (inA: boolean, inB: boolean): number => both.filter(i => a.members[i] === inA && b.members[i] === inB).length
  const [yes, onlyA, onlyB, no] = [count(true, true), count(true, false), count(false, true), count(false, false)]
  const { kappa } = cohensKappa([[yes, onlyA], [onlyB, no]])
  const iou = yes + onlyA + onlyB === 0 ? undefined : yes / (yes + onlyA + onlyB)
  const rank = spearman(both.map(i => a.scores[i]), both.map(i => b.scores[i]))
  return { maps: [a.name, b.name], sites: both.length, ...(kappa === undefined ? {} : { kappa }), ...(iou === undefined ? {} : { iou }), ...(rank === undefined ? {} : { rank }) }
}

/** The protocol's own map, an exact sweep and attribution over the held-out items, and circuits of the same primary. */
export async function mapsOf(patient: PatientOnTable, { protocol, sites, items }: Prepared, verdicts: readonly VerdictBody[], circuits: readonly KnownCircuit[]): Promise<SiteMap[]> {
  const { absentBelow } = protocol.test
  const own: SiteMap = { name: 'protocol', how: 'positive', scores: verdicts.map(({ verdict, effect }) => verdict === 'not-tested' ? Number.NaN : effect), members: verdicts.map(({ verdict }) => verdict === 'positive') }
  const positive = own.members.filter(Boolean).length
  const sweep = (method: 'exact' | 'attribution', measure: 'accuracy' | 'targetLogProbability'): Promise<number[] | undefined> => swept(patient, protocol, sites, items.heldOut, method, measure)
  // What makes a member is what the protocol counts; few sites of a large primary cost any answer, so that ranks are those of log p.
  const accuracy = await sweep('exact', 'accuracy')
  const exact = await sweep('exact', 'targetLogProbability')
  const estimate = await sweep('attribution', 'targetLogProbability')
  return [
    own,
    ...exact && accuracy ? [{ name: 'sweep', how: `takes ${100 * absentBelow} % of the accuracy or more`, scores: exact, members: accuracy.map(loss => loss >= absentBelow) }] : [],
    ...estimate ? [{ name: 'attribution', how: `one of the ${positive} strongest`, scores: estimate, members: strongest(estimate, positive) }] : [],
    ...circuits.map(circuit => circuitMap(circuit, sites)),
  ]
}

/** How much of a measure each site costs. Undefined where there is no such sweep of these sites. */
async function swept(patient: PatientOnTable, protocol: Prepared['protocol'], sites: string[], items: Int32Array, method: 'exact' | 'attribution', measure: 'accuracy' | 'targetLogProbability'): Promise<number[] | undefined> {
  if (items.length === 0) return undefined
  const { site: _, ...operation } = interventionAt(protocol.stimulation, '', largestStrength(protocol))
  const engine = await patient.engine()
  try {
    const { mean } = await engine.sweep({ sweep: ulid(), sites, operation, measure, items, method })
    return Array.from(mean, effect => -effect)
  }
  catch (error) {
    if (error instanceof UserError && error.code === 'method-unfit') return undefined
    throw error
  }
}

function strongest(scores: readonly number[], count: number): boolean[] {
  const chosen = new Set(scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]).slice(0, count))
  return scores.map((_, i) => chosen.has(i))
}

function circuitMap({ name, sites: listed }: KnownCircuit, sites: readonly string[]): SiteMap {
  const known = new Map(listed.map(site => [site.address, site]))
  return { name, how: 'member of the circuit', scores: sites.map(site => known.get(site)?.score ?? Number.NaN), members: sites.map(site => known.get(site)?.member ?? false) }
}
