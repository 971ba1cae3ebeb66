/** Activity of a site over recorded trials, read back from the blobs of a session the real recorder wrote. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { SessionReader } from '../../main/session/reader'
import { ActivityReader } from '../../main/theatre/activity'
import { writeBefore } from '../fixtures/besideSessions'
import { temporaryFolder } from '../session/support'

let session: SessionReader
const reader = new ActivityReader()
beforeEach(async () => {
  session = await SessionReader.open(writeBefore(temporaryFolder()))
})

it('of a unit: what it was without and with the stimulation, for the trials asked about and in their order', async () => {
  // Unit 0 was recorded as the trial's number, and as half of it.
  expect(await reader.read(session, 'layers.0.unit[0]', [7, 0, 12])).toEqual({ before: Float32Array.of(7, 0, 12), after: Float32Array.of(3.5, 0, 6) })
  // Its neighbour, and the first unit of the next sheet, hold one half throughout.
  for (const site of ['layers.0.unit[1]', 'layers.1.unit[0]', 'layers.2.unit[2]'])
    expect(await reader.read(session, site, [7])).toEqual({ before: Float32Array.of(0.5), after: Float32Array.of(0.5) })
})

it('of a layer: the root of the mean square of its units', async () => {
  const { before, after } = await reader.read(session, 'layers.0', [6])
  expect(before[0]).toBeCloseTo(Math.sqrt((36 + 5 * 0.25) / 6), 6)
  expect(after[0]).toBeCloseTo(Math.sqrt((9 + 5 * 0.25) / 6), 6)
})

it('nothing for a trial that is not there, or whose blob is lost; its neighbours are read all the same', async () => {
  const { activations } = session.event('trial', 4) as { activations: string }
  const blob = readdirSync(join(session.folder, 'blobs'), { recursive: true, encoding: 'utf8' }).find(path => path.endsWith(activations) || path.replaceAll('/', '').endsWith(activations))
  rmSync(join(session.folder, 'blobs', blob!))
  expect(await new ActivityReader().read(session, 'layers.0.unit[0]', [3, 4, 5, 99])).toEqual({
    before: Float32Array.of(3, 4, 5, Number.NaN),
    after: Float32Array.of(1.5, Number.NaN, 2.5, Number.NaN),
  })
})

it('the same unstimulated run is read once', async () => {
  const own = new ActivityReader()
  const asked: string[] = []
  const counting = { head: session.head, folder: session.folder, event: (kind: 'trial', index: number) => session.event(kind, index), blob: (hash: string) => {
    asked.push(hash)
    return session.blob(hash)
  } } as unknown as SessionReader
  await own.read(counting, 'layers.0.unit[0]', [3, 5, 3, 5])
  await own.read(counting, 'layers.0.unit[0]', [5, 3])
  expect(asked.length).toBe(4)
  // Another place of the same blobs is another value.
  expect((await own.read(counting, 'layers.0.unit[1]', [3])).after[0]).toBe(0.5)
})

it('what a session does not record is refused by name', async () => {
  const refusal = (site: string): Promise<unknown> => reader.read(session, site, [0]).then(() => undefined, (error: unknown) => error)
  expect(await refusal('layers.0.unit[0:2]')).toMatchObject({ code: 'site-not-recorded', message: expect.stringContaining('layers.0.unit[0:2] cannot be monitored: it is several places') as string })
  expect(await refusal('layers.0.weight[1,2]')).toMatchObject({ code: 'site-not-recorded', message: expect.stringContaining('no activity of a weight') as string })
  expect(await refusal('layers.0.unit[6]')).toMatchObject({ code: 'site-unknown' })
  expect(await refusal('layers.0.unit[')).toMatchObject({ code: 'site-malformed' })
})

it('the log is only read', async () => {
  const before = readFileSync(join(session.folder, 'log.000'))
  await reader.read(session, 'layers.1', Array.from({ length: 13 }, (_, i) => i))
  expect(readFileSync(join(session.folder, 'log.000')).equals(before)).toBe(true)
})
