import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** The built command line as a process: what a script sees. */
const cli = join(import.meta.dirname, '../../out/main/cli.js')
let home: string
beforeAll(async () => { home = await mkdtemp(join(tmpdir(), 'symbiote-cli-')) })
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))

interface Ran { code: number | null, stdout: string, stderr: string }

function symbiote(args: string[], onStderr: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, SYMBIOTE_HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] })
    const ran = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => { ran.stdout += String(chunk) })
    child.stderr.on('data', (chunk) => {
      ran.stderr += String(chunk)
      onStderr(ran.stderr, signal => child.kill(signal))
    })
    child.on('error', reject)
    child.on('close', code => resolve({ code, ...ran }))
  })
}

const json = (ran: Ran): Record<string, never> => JSON.parse(ran.stdout) as Record<string, never>

describe('symbiote', () => {
  it('doctor says what runs here and what does not', async () => {
    const ran = await symbiote(['doctor', '--json'])
    expect(ran.code).toBe(0)
    const { executors, chosen } = json(ran) as unknown as { executors: { name: string, available: boolean, gflops: number, reason: string }[], chosen: string }
    // Which is fastest depends on what is installed.
    expect(executors.find(({ name }) => name === chosen)).toMatchObject({ available: true })
    expect(executors.map(({ name }) => name)).toEqual(['wasm', 'webgpu', 'tensorflow'])
    expect(executors.find(({ name }) => name === 'wasm')).toMatchObject({ available: true })
    expect(executors.find(({ name }) => name === 'wasm')!.gflops).toBeGreaterThan(0.5)
    for (const { available, reason } of executors) expect(available || reason.length > 10).toBe(true)
  })

  it('run measures with and without, and --json prints one object alone', async () => {
    const file = join(home, 'interventions.json')
    await writeFile(file, JSON.stringify([{ site: 'layers.1', op: 'gate', strength: 0, baseline: 'zero' }]))
    const ran = await symbiote(['run', 'digits', '--dataset', 'mnist', '--items', '1200', '--interventions', file, '--json'])
    expect(ran.code).toBe(0)
    expect(ran.stdout.trim().split('\n')).toHaveLength(1)
    const { items, baseline, stimulated, effect } = json(ran) as unknown as { items: number, baseline: { accuracy: number, loss: number }, stimulated: { accuracy: number, loss: number }, effect: Record<string, { mean: number, se: number, n: number }> }
    expect(items).toBe(1200)
    expect(baseline.accuracy).toBeGreaterThan(0.95)
    // With the last hidden layer silent every item gets the same logits, the biases: accuracy is one class's share.
    expect(stimulated.accuracy).toBeLessThan(0.2)
    expect(effect.loss).toMatchObject({ n: 1200 })
    expect(effect.loss.mean).toBeCloseTo(stimulated.loss - baseline.loss, 9)
    expect(effect.accuracy.mean).toBeCloseTo(stimulated.accuracy - baseline.accuracy, 9)
  })

  it('train stops at Ctrl-C with a checkpoint, goes on with --resume, and ends as if never stopped', async () => {
    const [broken, whole] = [join(home, 'broken'), join(home, 'whole')]
    const recipe = ['train', '--recipe', 'digits', '--steps', '150', '--seed', '9', '--executor', 'wasm']
    let killed = false
    const stopped = await symbiote([...recipe, '--out', broken], (text, kill) => {
      if (!killed && /\d+ of 150 steps/.test(text)) {
        killed = true
        kill('SIGINT')
      }
    })
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toMatch(/--resume/)
    expect(await readdir(broken)).toEqual(['checkpoint.safetensors'])
    const resumed = await symbiote(['train', '--resume', '--executor', 'wasm', '--out', broken, '--json'])
    expect(resumed.code).toBe(0)
    expect((await readdir(broken)).sort()).toEqual(['primary.json', 'weights.safetensors'])
    const unbroken = await symbiote([...recipe, '--out', whole, '--json'])
    expect(json(resumed).weightsSha256).toBe(json(unbroken).weightsSha256)
    expect(json(unbroken)).toMatchObject({ steps: 150, executor: 'wasm', out: whole })
  }, 120_000)

  it('sessions lists an empty folder as empty', async () => {
    const ran = await symbiote(['sessions', '--json'])
    expect(json(ran)).toEqual({ folder: join(home, 'sessions'), sessions: [] })
  })

  it.each<[string, string[], number, RegExp]>([
    ['no command', [], 2, /^$/],
    ['an unknown command', ['operate'], 2, /no command "operate".*doctor/],
    ['a misspelt option', ['run', 'digits', '--datset', 'mnist'], 2, /--datset/],
    ['a missing option', ['run', 'digits'], 2, /--dataset/],
    ['a number that is none', ['run', 'digits', '--dataset', 'mnist', '--items', 'many'], 2, /"many"/],
    ['an executor that is none', ['doctor', '--executor', 'abacus'], 2, /abacus/],
    ['an unknown primary', ['run', 'nobody', '--dataset', 'mnist'], 1, /nobody/],
    ['an unknown data set', ['run', 'digits', '--dataset', '/nowhere'], 1, /\/nowhere/],
    ['more items than there are', ['run', 'digits', '--dataset', 'mnist', '--items', '10001'], 1, /10000/],
    ['a session that is none', ['replay', '/nowhere.session'], 1, /\/nowhere\.session/],
    ['an interventions file that is missing', ['run', 'digits', '--dataset', 'mnist', '--interventions', '/no.json'], 1, /\/no\.json/],
  ])('%s: exit code and one line that says so', async (_what, args, code, message) => {
    const ran = await symbiote(args)
    expect(ran.code).toBe(code)
    expect(ran.stderr.trim()).toMatch(message)
    expect(ran.stderr.trim().split('\n').length).toBe(1)
    if (args.length > 0) expect(ran.stdout).toBe('')
  })
})
