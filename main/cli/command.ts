/**
 * What a command of the command line is. Arguments are parsed by Node's own parser, strictly: a misspelt option is
 * wrong usage, never ignored. Results go to stdout, everything else to stderr.
 */
import type { ParseArgsOptionsConfig } from 'node:util'
import type { Progress } from './progress'
import type { Workstation } from './workstation'

export interface Invocation {
  /** Options as given; those with a default are there. */
  options: Record<string, string | boolean | undefined>
  positionals: string[]
  workstation: Workstation
  progress: Progress
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
  /** One line for a person, on stderr; silent with --quiet. */
  say: (line: string) => void
}

export interface Command {
  summary: string
  /** After the command's name: `PRIMARY --dataset DATASET [--items N]`. */
  usage: string
  options: ParseArgsOptionsConfig
  /** How many positionals it takes. */
  positionals: { min: number, max: number }
  /** The result: `json` for --json, `text` otherwise. Undefined when it has printed what there is. */
  run: (invocation: Invocation) => Promise<Result | undefined>
}

export interface Result {
  json: object
  text: string
  /** 1 when the command did its work and the answer is no. */
  exitCode?: number
}

/** The caller's mistake: exit 2. */
export class UsageError extends Error {}

/** Ctrl-C: exit 130. What was finished is kept, and `message` says so. */
export class Interrupted extends Error {}

export function requiredOption({ options }: Invocation, name: string): string {
  const value = options[name]
  if (typeof value === 'string') return value
  throw new UsageError(`--${name} is missing.`)
}

export function integerOption({ options }: Invocation, name: string, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}): number | undefined {
  const value = options[name]
  if (typeof value !== 'string') return undefined
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= min && number <= max) return number
  throw new UsageError(`--${name} takes a whole number from ${min}${max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`}, not "${value}".`)
}
