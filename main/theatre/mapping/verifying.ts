/**
 * What follows the map, on held-out items: each positive site again; the positive ones in pairs and all together, against the sum of
 * each alone; every task; and everything else taken out. A list of lesions, presented like trials, so that it too can be cut off.
 */
import type { Finding } from '../../../preload/contract/mapping'
import type { Protocol } from '../../../preload/contract/protocol'
import type { PatientOnTable } from '../patient'
import type { Prepared } from './prepare'
import type { ItemReading } from './reading'
import type { VerdictBody } from './verdicts'
import { siteOf } from '../sites'
import { dissociationsOf } from './dissociations'
import { lossOf } from './loss'
import { taskItems } from './prepare'
import { sumOf } from './selfRepair'

/** `rows` of the patient's items. The name says what it is for and is unique. */
export interface Lesion { name: string, sites: string[], rows: Int32Array }

/** A lesion and what its items did. */
export type Lesioned = Lesion & { readings: ItemReading[] }

export function lesionsOf(patient: PatientOnTable, { protocol, items, tasks, sites }: Prepared, verdicts: readonly VerdictBody[]): Lesion[] {
  const { verify } = protocol
  const rows = items.heldOut.slice(0, verify.items)
  if (rows.length === 0) return []
  const positive = positiveSites(verdicts)
  if (positive.length === 0) return [{ name: 'resection/0', sites, rows }]
  const lesions: Lesion[] = positive.map(site => ({ name: `alone/${site}`, sites: [site], rows }))
  for (const pair of pairsOf(positive, verify.pairs)) lesions.push({ name: `pair/${pair.join()}`, sites: pair, rows })
  if (positive.length > 2) lesions.push({ name: 'all', sites: positive, rows })
  for (const task of tasks) {
    const own = taskItems(patient.loaded.items, items.heldOut, task).slice(0, verify.items)
    if (own.length > 0) lesions.push(...positive.map(site => ({ name: `task/${task.name}/${site}`, sites: [site], rows: own })))
  }
  for (const { margin, resected } of resectionsOf(patient, protocol, sites, positive)) {
    if (resected.length > 0) lesions.push({ name: `resection/${margin}`, sites: resected, rows })
  }
  return lesions
}

/** Strongest first. */
function positiveSites(verdicts: readonly VerdictBody[]): string[] {
  return verdicts.filter(({ verdict }) => verdict === 'positive').sort((a, b) => b.effect - a.effect || a.p - b.p).map(({ site }) => site)
}

/** The strongest pairs: those whose weaker member is strongest. */
function pairsOf(sites: readonly string[], most: number): string[][] {
  const pairs: string[][] = []
  for (let b = 1; b < sites.length; b++) {
    for (let a = 0; a < b && pairs.length < most; a++) pairs.push([sites[a], sites[b]])
  }
  return pairs
}

/** For each margin everything farther than that from every positive site, positive sites never. Without any there is no margin, and all of it is taken out. */
export function resectionsOf(patient: PatientOnTable, { verify: { margins } }: Protocol, sites: readonly string[], positive: readonly string[]): { margin: number, resected: string[] }[] {
  if (positive.length === 0) return [{ margin: 0, resected: [...sites] }]
  const { loaded: { file, weights }, opened } = patient
  const place = (address: string): number[] => siteOf(address, file.architecture, opened.statistics, weights).position
  const kept = positive.map(place)
  const distances = sites.map((site) => {
    const at = place(site)
    return Math.min(...kept.map(other => Math.hypot(...at.map((x, axis) => x - other[axis]))))
  })
  return margins.map(margin => ({ margin, resected: sites.filter((site, i) => !positive.includes(site) && distances[i] > margin) }))
}

export function findingsOf(patient: PatientOnTable, { protocol, sites, tasks }: Prepared, verdicts: readonly VerdictBody[], lesioned: readonly Lesioned[]): Finding[] {
  const positive = positiveSites(verdicts)
  const named = new Map(lesioned.map(lesion => [lesion.name, lesion.readings]))
  const alone = (site: string): ItemReading[] | undefined => named.get(`alone/${site}`)
  const findings: Finding[] = []
  const together = lesioned.filter(({ name }) => name === 'all' || name.startsWith('pair/')).flatMap(({ name, sites, readings }) => {
    const singles = sites.map(alone)
    return singles.every(single => single !== undefined) ? [{ name, ...sumOf(sites, readings, singles, protocol) }] : []
  })
  if (together.length > 0) {
    const all = together.find(({ name }) => name === 'all')
    findings.push({ finding: 'self-repair', pairs: together.filter(one => one !== all).map(({ name: _, ...sum }) => sum), ...(all ? { all: (({ name: _, ...sum }) => sum)(all) } : {}) })
  }
  if (tasks.length > 0 && positive.length > 0) {
    const present = tasks.filter(task => named.has(`task/${task.name}/${positive[0]}`))
    const rows = positive.map(site => ({ site, cells: present.map(task => lossOf(named.get(`task/${task.name}/${site}`) ?? [], 1 - protocol.test.alpha)) }))
    findings.push({ finding: 'tasks', tasks: present.map(({ name }) => name), rows, dissociations: dissociationsOf(rows, present.map(({ name }) => name), protocol.test.alpha) })
  }
  const margins = resectionsOf(patient, protocol, sites, positive).flatMap(({ margin, resected }) => {
    const readings = named.get(`resection/${margin}`)
    if (!readings) return []
    const loss = lossOf(readings, 1 - protocol.test.alpha)
    return [{ margin, resected: resected.length, kept: sites.length - resected.length, ...loss, safe: loss.interval[1] <= protocol.verify.tolerance }]
  })
  if (margins.length > 0) {
    const smallestSafe = margins.find(({ safe }) => safe)?.margin
    findings.push({ finding: 'resection', tolerance: protocol.verify.tolerance, margins, ...(smallestSafe === undefined ? {} : { smallestSafe }) })
  }
  return findings
}
