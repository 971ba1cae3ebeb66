/**
 * `npm test`: every check of the project, one after another, each with its time. All of them run even when one fails; the
 * last line counts them. `npm test -- unit e2e` runs those stages only. Run as it is by Node.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ensureChromium } from './config/chromium.ts'

interface Counts { passed: number, failed: number, skipped: number }
interface Stage {
  name: string
  /** Script of a package, and its arguments. */
  args: string[]
  /** Reads the report it leaves; a stage without one counts as one test. */
  report?: (json: never) => Counts
  reportFile?: string
  env?: () => NodeJS.ProcessEnv
}

const root = join(import.meta.dirname, '..')
const results = join(root, 'test-results')
const bin = (path: string): string => join(root, 'node_modules', path)

const vitestReport = join(results, 'vitest.json')
const playwright = (project: string): Stage => ({
  name: project,
  args: [bin('@playwright/test/cli.js'), 'test', '--config', 'test/config/playwright.config.ts', '--project', project, '--reporter', 'list,json', '--pass-with-no-tests'],
  report: playwrightCounts,
  reportFile: join(results, `${project}.json`),
  env: () => ({
    PLAYWRIGHT_JSON_OUTPUT_FILE: join(results, `${project}.json`),
    CHROMIUM_PATH: ensureChromium(console.log),
  }),
})

const stages: Stage[] = [
  { name: 'types', args: [bin('vue-tsc/bin/vue-tsc.js'), '--noEmit'] },
  { name: 'lint', args: [bin('eslint/bin/eslint.js'), '--config', 'test/config/eslint.config.ts', '--max-warnings', '0', '.'] },
  { name: 'knip', args: [bin('knip/bin/knip.js'), '--config', 'test/config/knip.json'] },
  { name: 'build', args: [bin('electron-vite/bin/electron-vite.js'), 'build', '--logLevel', 'warn'] },
  {
    name: 'unit',
    args: [bin('vitest/vitest.mjs'), 'run', '--config', 'test/config/vitest.config.ts', '--reporter=default', '--reporter=json', `--outputFile.json=${vitestReport}`],
    report: vitestCounts,
    reportFile: vitestReport,
  },
  playwright('browser'),
  playwright('e2e'),
]

function vitestCounts(json: { numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number }): Counts {
  return { passed: json.numPassedTests, failed: json.numFailedTests, skipped: json.numPendingTests + json.numTodoTests }
}

function playwrightCounts({ stats }: { stats: { expected: number, unexpected: number, flaky: number, skipped: number } }): Counts {
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped }
}

let running: { kill: (signal: NodeJS.Signals) => boolean } | undefined

interface Outcome extends Counts { name: string, seconds: number }

async function run(stage: Stage): Promise<Outcome> {
  console.log(`\n── ${stage.name}`)
  const began = performance.now()
  const code = await execute(stage)
  const seconds = (performance.now() - began) / 1000
  const counts = countsOf(stage, code)
  return { name: stage.name, seconds, ...counts }
}

/** The exit code has the last word: a suite that could not even be loaded has no failed test to count. */
function countsOf({ report, reportFile }: Stage, code: number): Counts {
  const one: Counts = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
  if (report === undefined || reportFile === undefined)
    return one
  try {
    const counts = report(JSON.parse(readFileSync(reportFile, 'utf8')) as never)
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
  }
  catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

function execute({ args, env }: Stage): Promise<number> {
  let extra: NodeJS.ProcessEnv
  try {
    extra = env?.() ?? {}
  }
  catch (error) {
    console.error((error as Error).message)
    return Promise.resolve(1)
  }
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...extra } })
    running = child
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('close', code => resolve(code ?? 1))
  })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    running?.kill(signal)
    process.exit(signal === 'SIGINT' ? 130 : 143)
  })
}

function table(outcomes: Outcome[]): string {
  const rows = outcomes.map(({ name, seconds, passed, failed, skipped }) =>
    [failed > 0 ? '✗' : '✓', name.padEnd(8), `${seconds.toFixed(1)} s`.padStart(9), `${passed} passed`.padStart(13), `${failed} failed`.padStart(11), `${skipped} skipped`.padStart(12)].join(' '))
  return rows.join('\n')
}

async function main(wanted: string[]): Promise<number> {
  const unknown = wanted.filter(name => stages.every(stage => stage.name !== name))
  if (unknown.length > 0) {
    console.error(`No stage is called ${unknown.join(', ')}; there are ${stages.map(stage => stage.name).join(', ')}.`)
    return 2
  }
  rmSync(results, { recursive: true, force: true })
  mkdirSync(results)
  const outcomes: Outcome[] = []
  for (const stage of stages.filter(({ name }) => wanted.length === 0 || wanted.includes(name)))
    outcomes.push(await run(stage))
  const total = (key: keyof Counts): number => outcomes.reduce((sum, outcome) => sum + outcome[key], 0)
  console.log(`\n${table(outcomes)}\n`)
  console.log(`${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`)
  return total('failed') > 0 ? 1 : 0
}

void main(process.argv.slice(2)).then((code) => { process.exitCode = code })
