#!/usr/bin/env node
/**
 * The command line. Exit 0 done · 1 failed, one line says what and how to mend it · 2 wrong usage · 130 interrupted,
 * with what was finished kept.
 */
import type { Command, Invocation } from './command'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { UserError } from '../../preload/contract/errors'
import { integerOption, Interrupted, UsageError } from './command'
import { annotations } from './commands/annotations'
import { bench } from './commands/bench'
import { check } from './commands/check'
import { doctor } from './commands/doctor'
import { dose } from './commands/dose'
import { exportCommand } from './commands/export'
import { find } from './commands/find'
import { importCommand } from './commands/import'
import { judge } from './commands/judge'
import { map } from './commands/map'
import { match } from './commands/match'
import { plant } from './commands/plant'
import { reader } from './commands/reader'
import { makeRecipes } from './commands/recipes'
import { recover } from './commands/recover'
import { replay } from './commands/replay'
import { run } from './commands/run'
import { serve } from './commands/serve'
import { sessions } from './commands/sessions'
import { sweep } from './commands/sweep'
import { train } from './commands/train'
import { createProgress } from './progress'
import { createWorkstation } from './workstation'

const commands: Record<string, Command> = { doctor, train, recipes: makeRecipes, check, run, sweep, dose, find, reader, match, judge, map, plant, sessions, replay, recover, annotations, export: exportCommand, import: importCommand, serve, bench }

/** Taken by every command. */
const common = {
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  executor: { type: 'string' },
  threads: { type: 'string' },
  seed: { type: 'string' },
} as const

const EXECUTORS = ['auto', 'wasm', 'webgpu', 'tensorflow']

/** What `progress` counts. */
const UNITS: Record<string, string> = { find: 'thousandths', reader: 'thousandths', train: 'steps', recipes: 'steps', run: 'items', sweep: 'sites', judge: 'methods', map: 'trials', replay: 'trials', export: 'events', import: 'bytes', doctor: 'executors' }

async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview())
    return name === undefined ? 2 : 0
  }
  const command = commands[name]
  if (!command) throw new UsageError(`There is no command "${name}". Commands: ${Object.keys(commands).join(', ')}.`)
  const { values, positionals } = parse(command, rest)
  if (values.help) {
    process.stdout.write(`symbiote ${name} ${command.usage}\n\n${command.summary}\n\nEvery command takes --json, --quiet, --executor, --threads and --seed where they make sense.\n`)
    return 0
  }
  return runCommand(name, command, values, positionals)
}

async function runCommand(name: string, command: Command, options: Invocation['options'], positionals: string[]): Promise<number> {
  const { min, max } = command.positionals
  if (positionals.length < min || positionals.length > max) throw new UsageError(`Usage: symbiote ${name} ${command.usage}`)
  const executor = typeof options.executor === 'string' ? options.executor : undefined
  if (executor !== undefined && !EXECUTORS.includes(executor)) throw new UsageError(`--executor is ${EXECUTORS.join(', ').replace(/, (\w+)$/, ' or $1')}, not "${executor}".`)
  const threads = integerOption({ options } as Invocation, 'threads', { min: 1, max: 64 })
  const quiet = options.quiet === true
  const say = (line: string): void => void (quiet || process.stderr.write(`${line}\n`))
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort())
  process.once('SIGTERM', () => interrupt.abort())

  const workstation = await createWorkstation({ here: import.meta.dirname, ...(threads === undefined ? {} : { threads }), ...(executor === undefined ? {} : { executor }), log: say })
  const progress = createProgress(process.stderr, UNITS[name] ?? '', quiet, () => performance.now())
  try {
    const result = await command.run({ options, positionals, workstation, progress, say, signal: interrupt.signal })
    if (!result) return 0
    process.stdout.write(`${options.json ? JSON.stringify(result.json) : result.text}\n`)
    return result.exitCode ?? 0
  }
  finally {
    await workstation.close()
  }
}

function parse(command: Command, args: string[]): { values: Invocation['options'], positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: joined(args), options: { ...common, ...command.options }, allowPositionals: true, strict: true })
    return { values: values as Invocation['options'], positionals }
  }
  catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** `--ladder -6:6:1` as `--ladder=-6:6:1`: a number below zero is no option, and the parser cannot know. */
function joined(args: string[]): string[] {
  const result: string[] = []
  for (const arg of args) {
    const last = result[result.length - 1]
    if (/^-[\d.]/.test(arg) && last !== undefined && /^--[a-z]+$/.test(last)) result[result.length - 1] = `${last}=${arg}`
    else result.push(arg)
  }
  return result
}

function overview(): string {
  const rows = Object.entries(commands).map(([name, { usage, summary }]) => `  ${name} ${usage}\n      ${summary}\n`)
  return `symbiote COMMAND\n\n${rows.join('')}\nEvery command: --json, --quiet, --executor ${EXECUTORS.join('|')}, --threads N, --seed N, --help\n`
}

main(process.argv.slice(2)).then(code => process.exit(code), (error: unknown) => {
  if (error instanceof UserError) process.stderr.write(`${error.line}\n`)
  else if (error instanceof UsageError || error instanceof Interrupted) process.stderr.write(`${error.message}\n`)
  else process.stderr.write(`${(error as Error)?.stack ?? String(error)}\n`)
  process.exit(error instanceof UsageError ? 2 : error instanceof Interrupted ? 130 : 1)
})
