/** A find stopped with Ctrl-C and gone on with, the real command: it ends on the files of one that was never stopped. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'

const cli = join(import.meta.dirname, '../../out/main/cli.js')
let home: string
const at = (...names: string[]): string => join(home, ...names)
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, SYMBIOTE_HOME: home })

function symbiote(...args: string[]) {
  return spawnSync(process.execPath, [cli, ...args, '--executor', 'wasm'], { encoding: 'utf8', env: environment(), maxBuffer: 2 ** 26 })
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'symbiote-resume-'))
  expect(symbiote('plant', '--design', 'split', '--seed', '2', '--out', at('planted')).status).toBe(0)
}, 60_000)
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))

const asked = (): string[] => ['find', at('planted', 'primary'), '--sites', 'units', '--seeds', '2', '--steps', '1500', '--certificate', 'fast']

/** Ctrl-C some time after it has begun. */
async function stopped(ms: number, out: string): Promise<{ status: number, stderr: string }> {
  const child = spawn(process.execPath, [cli, ...asked(), '--out', out, '--executor', 'wasm'], { env: environment(), stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    if (stderr === '') setTimeout(() => child.kill('SIGINT'), ms)
    stderr += String(chunk)
  })
  const [status] = await once(child, 'exit') as [number]
  return { status, stderr }
}

/** Too soon there is nothing to go on with, too late it is over: how soon is the machine's to say. */
async function cutInTime(): Promise<{ folder: string, status: number, stderr: string }> {
  for (const ms of [500, 1000, 2000, 4000, 250, 125]) {
    const folder = `cut-${ms}`
    const cut = await stopped(ms, at(folder))
    if (existsSync(at(folder, 'find.safetensors'))) return { folder, ...cut }
  }
  throw new Error('no find could be stopped while it trained')
}

/** Circuit, gates and certificate, but for how long it took. */
async function written(folder: string) {
  const certificate = JSON.parse(await readFile(at(folder, 'certificate.json'), 'utf8')) as { provenance: object }
  return { circuit: await readFile(at(folder, 'circuit.json'), 'utf8'), gates: (await readFile(at(folder, 'gates.safetensors'))).toString('base64'), certificate: { ...certificate, provenance: { ...certificate.provenance, seconds: 0 } } }
}

it('stopped, gone on with, and the same to the bit', async () => {
  const { folder, status, stderr } = await cutInTime()
  expect(stderr).toContain(`symbiote find --resume --out ${at(folder)}`)
  expect(status).toBe(130)
  expect(symbiote(...asked(), '--out', at('whole')).status).toBe(0)
  const before = await written(folder)
  expect(before).not.toEqual(await written('whole'))
  // Cut short by a full disk, say: refused by its name, and nothing else is touched.
  await cp(at(folder), at('damaged'), { recursive: true })
  await truncate(at('damaged', 'find.safetensors'), 500)
  const refused = symbiote('find', '--resume', '--out', at('damaged'))
  expect(refused.status).toBe(1)
  expect(refused.stderr).toContain(at('damaged', 'find.safetensors'))
  expect(await written('damaged')).toEqual(before)
  expect(symbiote('find', at('planted', 'primary'), '--resume', '--out', at(folder)).status).toBe(2)
  expect(symbiote('find', '--resume').status).toBe(2)

  expect(symbiote('find', '--resume', '--out', at(folder)).status).toBe(0)
  expect(await written(folder)).toEqual(await written('whole'))
  expect(existsSync(at(folder, 'find.safetensors'))).toBe(false)
  const nothing = symbiote('find', '--resume', '--out', at(folder))
  expect(nothing.status).toBe(1)
  expect(nothing.stderr).toContain('no find was cancelled in that folder')
}, 180_000)
