/** MCAP read back by @mcap/core: equal counts, equal values, zstd chunks, a schema for every channel. */
import type { SessionEvent } from '../../../preload/contract/session'
import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import zlib from 'node:zlib'
import { McapIndexedReader, McapStreamReader } from '@mcap/core'
import { expect, it } from 'vitest'
import { exportSession } from '../../../main/session/exports/exports'
import { SessionReader } from '../../../main/session/reader'
import { parseLog, START, temporaryFolder } from '../support'
import { MONITORED, writeRichSession } from './sample'

const decompressHandlers = { zstd: (bytes: Uint8Array) => zlib.zstdDecompressSync(bytes) }

it('holds every event under its channel, at its wall clock', async () => {
  const place = temporaryFolder()
  const folder = join(place, 'rich.session')
  writeRichSession(folder)
  const { out } = await exportSession(await SessionReader.open(folder), 'mcap', join(place, 'x.mcap'), { appVersion: '9.9.9', now: new Date(0) })
  const file = readFileSync(out)
  const reader = await McapIndexedReader.Initialize({
    readable: { size: async () => BigInt(file.length), read: async (offset, length) => file.subarray(Number(offset), Number(offset + length)) },
    decompressHandlers,
  })
  const recorded = parseLog(readFileSync(join(folder, 'log.000'))).map(({ event }) => event).filter(({ kind }) => kind !== 'seal' && kind !== 'keyframe')
  expect(Number(reader.statistics!.messageCount)).toBe(recorded.length + MONITORED.values.length)
  expect(reader.chunkIndexes.map(({ compression }) => compression)).toEqual(reader.chunkIndexes.map(() => 'zstd'))

  const messages: { topic: string, event: SessionEvent, time: bigint, sequence: number }[] = []
  const activity: { time: bigint, sites: Record<string, number> }[] = []
  for await (const message of reader.readMessages()) {
    if (reader.channelsById.get(message.channelId)!.topic === '/activity')
      activity.push({ time: message.logTime, ...JSON.parse(Buffer.from(message.data).toString()) as { sites: Record<string, number> } })
    else
      messages.push({ topic: reader.channelsById.get(message.channelId)!.topic, event: JSON.parse(Buffer.from(message.data).toString()) as SessionEvent, time: message.logTime, sequence: message.sequence })
  }
  const byId = (a: SessionEvent, b: SessionEvent): number => a.id < b.id ? -1 : 1
  expect(messages.map(({ event }) => event).sort(byId)).toEqual([...recorded].sort(byId))
  for (const { topic, event, time } of messages) {
    expect(topic).toBe(`/${event.kind.replace('.', '/')}`)
    expect(time).toBe(BigInt(START) * 1_000_000n + BigInt(event.t))
  }
  expect(activity).toEqual(MONITORED.values.map((values, i) => ({ t: 1e9 + i * 5e7, time: BigInt(START) * 1_000_000n + 1_000_000_000n + BigInt(i) * 50_000_000n, sites: Number.isNaN(values[0]) ? {} : Object.fromEntries(MONITORED.sites.map((site, j) => [site, values[j]!])) })))
  const trials = messages.filter(({ topic }) => topic === '/trial')
  expect(trials.map(({ sequence }) => sequence)).toEqual(trials.map((_, n) => n))

  for (const channel of reader.channelsById.values()) {
    const schema = reader.schemasById.get(channel.schemaId)!
    expect([channel.messageEncoding, schema.encoding]).toEqual(['json', 'jsonschema'])
    const { type, properties } = JSON.parse(Buffer.from(schema.data).toString()) as { type: string, properties: Record<string, object> }
    expect(type).toBe('object')
    typed(properties)
  }
  const trial = JSON.parse(Buffer.from([...reader.schemasById.values()].find(({ name }) => name === 'symbiote.trial')!.data).toString()) as { properties: Record<string, unknown> }
  expect(trial.properties.targetLogProbability).toEqual({ type: 'number' })
  expect(trial.properties.correct).toEqual({ type: 'boolean' })
})

/** A second reading, front to back without the index, checks every chunk's CRC. */
it('is whole from front to back', async () => {
  const place = temporaryFolder()
  const folder = join(place, 'rich.session')
  writeRichSession(folder)
  const { out } = await exportSession(await SessionReader.open(folder), 'mcap', join(place, 'x.mcap'), { appVersion: '9.9.9', now: new Date(0) })
  const read = (bytes: Uint8Array): Record<string, number> => {
    const reader = new McapStreamReader({ validateCrcs: true, decompressHandlers })
    const counts: Record<string, number> = {}
    reader.append(bytes)
    for (let record = reader.nextRecord(); record; record = reader.nextRecord())
      counts[record.type] = (counts[record.type] ?? 0) + 1
    expect(reader.done()).toBe(true)
    return counts
  }
  const file = readFileSync(out)
  expect(read(file)).toMatchObject({ Header: 1, Metadata: 1, DataEnd: 1, Footer: 1 })
  const { chunkIndexes: [chunk] } = await McapIndexedReader.Initialize({ readable: { size: async () => BigInt(file.length), read: async (offset, length) => file.subarray(Number(offset), Number(offset + length)) }, decompressHandlers })
  const broken = Buffer.from(file)
  broken[Number(chunk!.chunkStartOffset + chunk!.chunkLength / 2n)]! ^= 1
  expect(() => read(broken)).toThrow()
})

/** Viewers accept these types and no others. */
function typed(properties: Record<string, object>): void {
  for (const [name, schema] of Object.entries(properties)) {
    const { type, items, properties: inner } = schema as { type: string, items?: object, properties?: Record<string, object> }
    expect(['string', 'boolean', 'integer', 'number', 'array', 'object'], name).toContain(type)
    if (type === 'array')
      typed({ [`${name}[]`]: items! })
    if (inner !== undefined)
      typed(inner)
  }
}
