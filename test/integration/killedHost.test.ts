import type { ChildProcess } from 'node:child_process'
import type { TestView } from '../fixtures/testView'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { SessionReader } from '../../main/session/reader'
import { SOCKET_PATH } from '../../preload/contract/transport'
import { testView } from '../fixtures/testView'
import { until } from '../fixtures/theatre'

/**
 * The whole host, killed -9 while a screen stimulates and annotates as fast as it can: everything it was told had
 * happened must be in the session. (The recorder alone is killed more often, in test/session.)
 */
const ROUNDS = 5
let home: string
beforeAll(async () => { home = await mkdtemp(join(tmpdir(), 'symbiote-killed-')) })
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))

async function serve(): Promise<{ child: ChildProcess, view: TestView }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../out/main/cli.js'), 'serve', '--no-open', '--quiet'], { env: { ...process.env, SYMBIOTE_HOME: home }, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout!, 'data') as [string]
  const url = new URL(String(line).trim())
  const page = await fetch(url, { redirect: 'manual' })
  const socket = new WebSocket(`ws://${url.host}${SOCKET_PATH}${url.search}`, { headers: { origin: url.origin, cookie: (page.headers.get('set-cookie') ?? '').split(';')[0] } })
  socket.on('error', () => {})
  await once(socket, 'open')
  return { child, view: testView(bytes => socket.send(bytes), receive => socket.on('message', (data: Uint8Array) => receive(data))) }
}

it(`loses nothing it acknowledged, ${ROUNDS} times`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const { child, view: { host } } = await serve()
    await host.openPatient('digits')
    const { path } = await host.startRecording({ title: `round ${round}`, operators: [] })
    const acknowledged: { trials: string[], annotations: string[], tags: number } = { trials: [], annotations: [], tags: 0 }
    const busy = (async () => {
      for (let i = 0; ; i++) {
        const { trial, recorded } = await host.stimulate({ set: { interventions: [{ site: `layers.0.unit[${i % 256}]`, op: 'drive', strength: i % 5 }], compose: false }, focus: i, replaces: true })
        if (recorded) acknowledged.trials.push(trial)
        acknowledged.annotations.push((await host.annotate({ tier: 'notes', text: `note ${i}`, sites: [], trials: [trial] })).annotation)
        acknowledged.tags = (await host.addTag({ site: `layers.0.unit[${i % 256}]`, text: '' })).length
      }
    })().catch(() => {})
    await until('some trials', () => acknowledged.trials.length >= 4 + 5 * round)
    await new Promise(resolve => setTimeout(resolve, 3 * round))
    child.kill('SIGKILL')
    await once(child, 'exit')
    await Promise.race([busy, new Promise(resolve => setTimeout(resolve, 200))])

    const { tables, readOnly } = await SessionReader.open(path)
    // Its writer is dead, so nobody holds it.
    expect(readOnly).toBeUndefined()
    expect(tables.trials.map(({ trial }) => trial)).toEqual(expect.arrayContaining(acknowledged.trials))
    expect(tables.annotations.map(({ annotation }) => annotation)).toEqual(expect.arrayContaining(acknowledged.annotations))
    expect(tables.tags.length).toBeGreaterThanOrEqual(acknowledged.tags)
  }
}, 120_000)
