/** What `sweep` and `dose` read from the command line, and how they write their results. */
import type { Baseline } from '../../../preload/contract/intervention'
import type { SiteOperation, SiteSelection } from '../../../preload/contract/sweep'
import type { PatientOnTable } from '../../theatre/patient'
import type { Invocation } from '../command'
import { resolve } from 'node:path'
import { measureSchema } from '../../../preload/contract/sweep'
import { writeAtomic } from '../../files/atomic'
import { integerOption, UsageError } from '../command'

/** Items when none are asked for: what the figures of other tools are given for. */
const ITEMS = 1000

type Measure = typeof measureSchema.options[number]

export function measureOption({ options }: Invocation): Measure {
  const found = measureSchema.safeParse(options.measure)
  if (found.success) return found.data
  throw new UsageError(`--measure is ${measureSchema.options.join(', ')}, not "${String(options.measure)}".`)
}

export function itemsOption(invocation: Invocation, patient: PatientOnTable): number {
  return integerOption(invocation, 'items', { min: 1 }) ?? Math.min(ITEMS, patient.loaded.items.inputs.shape[0])
}

/** A kind of sites, or one or more addresses, separated by semicolons because an address may hold commas. */
export function sitesOption(text: string): SiteSelection {
  switch (text) {
    case 'units':
    case 'weights':
    case 'heads':
    case 'edges':
    case 'layers': return text
    default: return text.split(';').map(address => address.trim()).filter(address => address !== '')
  }
}

/** `gate:0`, `drive:-2`, `clamp:0.5`, `noise:1:SEED`, `patch`; the strength is left out where a ladder gives it. */
export function operationOption({ options }: Invocation, given: 'strength' | 'ladder'): SiteOperation {
  const [op, ...rest] = String(options.op).split(':')
  const wanted = (op === 'noise' ? 1 : 0) + (given === 'strength' && op !== 'patch' ? 1 : 0)
  if (rest.length > wanted) throw badOperation(options.op, given)
  const numbers = rest.map(Number)
  if (numbers.some(number => !Number.isFinite(number)) || rest.includes('')) throw badOperation(options.op, given)
  const strength = given === 'strength' ? numbers.shift() : 0
  if (strength === undefined && op !== 'patch') throw badOperation(options.op, given)
  switch (op) {
    case 'gate': return { op, strength: strength!, baseline: baselineOption(String(options.baseline)) }
    case 'drive':
    case 'clamp': return { op, strength: strength! }
    case 'noise': return { op, strength: strength!, seed: numbers[0] ?? 1 }
    case 'patch': return { op }
    default: throw badOperation(options.op, given)
  }
}

export function baselineOption(text: string): Baseline {
  if (text === 'zero' || text === 'mean') return text
  const seed = /^resample:(\d+)$/.exec(text)?.[1]
  if (seed !== undefined) return { resample: Number(seed) }
  throw new UsageError(`--baseline is zero, mean or resample:SEED, not "${text}".`)
}

/** `from:to:step`, both ends included. */
export function ladderOption(text: string): number[] {
  const numbers = text.split(':').map(Number)
  const [from, to, step] = numbers
  if (numbers.length !== 3 || numbers.some(number => !Number.isFinite(number)) || step <= 0 || to < from) throw new UsageError(`--ladder is FROM:TO:STEP with a positive step, not "${text}".`)
  const rungs = Math.floor((to - from) / step + 1e-9) + 1
  if (rungs > 1000) throw new UsageError(`--ladder ${text} has ${rungs.toLocaleString('en')} strengths; at most 1,000.`)
  // Twelve digits: 0.1 added thirty times is not 3.
  return Array.from({ length: rungs }, (_, i) => Number((from + i * step).toPrecision(12)))
}

/** Where `--out` goes; checked before the work, not after. */
export function outOption({ options }: Invocation): string | undefined {
  if (typeof options.out !== 'string') return undefined
  if (/\.(?:json|csv)$/.test(options.out)) return resolve(options.out)
  throw new UsageError(`--out is a file that ends in .json or .csv, not "${options.out}".`)
}

export async function writeResult(path: string, json: object, csv: () => string): Promise<void> {
  await writeAtomic(path, [path.endsWith('.csv') ? csv() : `${JSON.stringify(json)}\n`])
}

export function csvOf(header: string[], rows: (string | number)[][]): string {
  const cell = (value: string | number): string => /[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value)
  return [header, ...rows].map(row => `${row.map(cell).join(',')}\n`).join('')
}

export function operationText(operation: SiteOperation): string {
  return `${operation.op}${'strength' in operation ? ` ${operation.strength}` : ''}`
}

function badOperation(given: unknown, what: 'strength' | 'ladder'): UsageError {
  return new UsageError(what === 'strength'
    ? `--op is gate:G, drive:D, clamp:V, noise:D[:SEED] or patch, not "${String(given)}".`
    : `--op is gate, drive, clamp or noise[:SEED], without a strength, which the ladder gives; not "${String(given)}".`)
}
