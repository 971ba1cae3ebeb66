import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { pause, startWriter, temporaryFolder } from './support'

/** Kills a writer at a moment nobody chose and compares what it acknowledged with what is there. */
async function killOnce(mode: 'full' | 'paced', afterMs: number, afterEvent = 0): Promise<{ acknowledged: number }> {
  const folder = join(temporaryFolder(), 'killed.session')
  const child = startWriter(folder, mode)
  await child.line(line => line.startsWith(`${afterEvent} `))
  await pause(afterMs)
  await child.kill('SIGKILL')

  const acknowledged = child.lines().map(line => line.split(' ') as [string, string, string])
  const reader = await SessionReader.open(folder)
  const recorded = reader.tables.instrument
  expect(recorded.length).toBeGreaterThanOrEqual(acknowledged.length)
  // At most the one event whose acknowledgement the kill cut off.
  expect(recorded.length).toBeLessThanOrEqual(acknowledged.length + 1)
  const differing = acknowledged.findIndex(([n, id, blob], i) => recorded[i]!.id !== id || !recorded[i]!.message.startsWith(`${n} ${blob} `) || recorded[i]!.step !== Number(n))
  expect(differing).toBe(-1)
  expect(reader.recovery?.damagedRecords ?? 0).toBe(0)
  for (const [n, , blob] of acknowledged) {
    if (mode === 'paced')
      expect(Buffer.from(reader.blob(blob)).toString()).toBe(`blob ${n}`)
  }
  expect(reader.summary.state).toBe('unclosed')
  return { acknowledged: acknowledged.length }
}

describe('kill -9', () => {
  it('loses no acknowledged event at full speed, 14 times', async () => {
    let most = 0
    for (let round = 0; round < 14; round++)
      // Counted in events, so that a busy machine is killed as far on as an idle one.
      most = Math.max(most, (await killOnce('full', Math.random() * 20, 250 * round)).acknowledged)
    expect(most).toBeGreaterThan(2000)
  }, 120_000)

  it('loses no acknowledged event and no blob at 200 events a second, 8 times', async () => {
    let most = 0
    for (let round = 0; round < 8; round++)
      most = Math.max(most, (await killOnce('paced', 50 + Math.random() * 400)).acknowledged)
    expect(most).toBeGreaterThan(20)
  }, 120_000)

  it('leaves a session that can be written on, its crash recorded', async () => {
    const folder = join(temporaryFolder(), 'killed.session')
    const child = startWriter(folder, 'full')
    await child.line(line => line.startsWith('1000 '))
    await child.kill('SIGKILL')
    const acknowledged = child.lines().length

    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0.2.0' })
    expect(recorder.elapsed).toBeGreaterThan(0)
    recorder.close()
    const reader = await SessionReader.open(folder)
    expect(reader.recovery).toBeUndefined()
    expect(reader.tables.instrument.length).toBeGreaterThanOrEqual(acknowledged)
    expect(['crash', 'recovered']).toContain(reader.tables.ended?.reason)
    expect(reader.summary.state).toBe('closed')
  }, 30_000)
})
