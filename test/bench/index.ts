/** Runs the benchmarks and says on what machine. `symbiote bench` loads this from the build. */
import type { Bench, BenchContext } from './bench'
import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import process from 'node:process'
import { UserError } from '../../preload/contract/errors'

const benches: Record<string, () => Promise<{ bench: (context: BenchContext) => Promise<Bench> }>> = {
  digits: () => import('./digits'),
  session: () => import('./session'),
  hour: () => import('./hour'),
  pan: () => import('./pan'),
  kills: () => import('./kills'),
  exports: () => import('./exports'),
  annotations: () => import('./annotations'),
  intervention: () => import('./intervention'),
  page: () => import('./page'),
  sweep: () => import('./sweep'),
  judge: () => import('./judge'),
  universality: () => import('./universality'),
  mapping: () => import('./mapping'),
  controls: () => import('./controls'),
}

export interface Machine {
  cpu: string
  cores: number
  memoryGiB: number
  os: string
  node: string
  commit: string
  /** One-minute load before the first benchmark: figures of a busy machine are bounds. */
  load: number
}

export async function runBenches(names: string[], here: string, say: (line: string) => void): Promise<{ json: object, text: string }> {
  const unknown = names.find(name => !(name in benches))
  if (unknown !== undefined) throw new UserError({ code: 'bench-unknown', message: `There is no benchmark "${unknown}".`, remedy: `Benchmarks: ${Object.keys(benches).join(', ')}.` })
  const machine = describeMachine()
  const results: Bench[] = []
  for (const name of names.length > 0 ? names : Object.keys(benches)) {
    say(`${name}…`)
    const { bench } = await benches[name]()
    results.push(await bench({ here, say }))
  }
  return { json: { machine, results }, text: inMarkdown(machine, results) }
}

function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.versions.node,
    commit: commit(),
    load: Math.round(loadavg()[0] * 10) / 10,
  }
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  }
  catch {
    return 'unknown'
  }
}

/** As it stands in RESULTS.md. */
function inMarkdown({ cpu, cores, memoryGiB, os, node, commit: at, load }: Machine, results: Bench[]): string {
  const tables = results.map(({ name, figures }) => [`## ${name}`, '', '| figure | value |', '| --- | --- |', ...Object.entries(figures).map(([key, value]) => `| ${key} | ${value} |`)].join('\n'))
  return [`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}, node ${node}, commit ${at}, load ${load} before the run`, ...tables].join('\n\n')
}
