/**
 * MCAP: a JSON channel per kind of event, `/trial` …, each with a schema; chunks compressed with zstd. The log time of a message is its
 * wall clock, nanoseconds since 1970; `t` in the message is what was recorded. Events are whole, NaN as in JSON lines; blobs stay in the
 * session, which the bundle carries; but what was monitored has a channel `/activity`, a message for each sample, for viewers to plot.
 */
import type { IWritable } from '@mcap/core'
import type { EventOf, SessionEvent } from '../../../preload/contract/session'
import type { ExportContext } from './context'
import type { Output } from './output'
import { Buffer } from 'node:buffer'
import zlib from 'node:zlib'
import { McapWriter } from '@mcap/core'
import { eventToJson } from '../eventJson'
import { signalRows } from './blobRows'
import { factsOf } from './csvTables'
import { eventJsonSchema } from './mcapSchemas'
import { writeOutput } from './output'

const CHUNK = 1 << 20

const ACTIVITY = {
  type: 'object',
  title: 'symbiote.activity',
  description: 'Activity of the monitored sites for the item shown, by address.',
  properties: { t: { type: 'integer', description: 'nanoseconds since the session began' }, sites: { type: 'object', additionalProperties: { type: 'number' } } },
  required: ['t', 'sites'],
}

export async function writeMcap(context: ExportContext, path: string): Promise<void> {
  await writeOutput(path, async output => new Messages(context, output).write())
}

class Messages {
  readonly #context: ExportContext
  readonly #writer: McapWriter
  /** By kind of event: the channel, and how many messages it has. */
  readonly #channels = new Map<string, { id: number, count: number }>()
  readonly #origin: bigint

  constructor(context: ExportContext, output: Output) {
    this.#context = context
    const compress = compression()
    if (compress === undefined)
      context.notes.add('This Node has no zstd: the chunks are not compressed.')
    this.#writer = new McapWriter({ writable: new Writable(output), chunkSize: CHUNK, ...(compress === undefined ? {} : { compressChunk: compress }) })
    const began = Date.parse(context.session.head.started.startedAt)
    this.#origin = BigInt(Number.isNaN(began) ? 0 : began) * 1_000_000n
  }

  async write(): Promise<void> {
    const { session, appVersion } = this.#context
    const { started, ended, duration, events } = session.head
    await this.#writer.start({ profile: '', library: `symbiote ${appVersion}` })
    const facts = factsOf(started, { ended, duration, events, exporter: `Symbiote ${appVersion}` })
    await this.#writer.addMetadata({ name: 'session', metadata: new Map(facts.map(({ field, value }) => [field, String(value ?? '')])) })
    for await (const batch of this.#context.batches()) {
      for (const event of batch)
        await this.#add(event)
    }
    await this.#writer.end()
  }

  async #add(event: SessionEvent): Promise<void> {
    const channel = this.#channels.get(event.kind) ?? await this.#open(event.kind)
    const time = this.#origin + BigInt(event.t)
    await this.#writer.addMessage({ channelId: channel.id, sequence: channel.count++, logTime: time, publishTime: time, data: Buffer.from(eventToJson(event)) })
    if (event.kind === 'signal')
      await this.#samples(event)
  }

  async #samples(event: EventOf<'signal'>): Promise<void> {
    const channel = this.#channels.get('activity') ?? await this.#open('activity', ACTIVITY)
    for (const { t, values } of signalRows(this.#context, event)) {
      const time = this.#origin + BigInt(t)
      // Keyed by address; what is not known is not there.
      const known = Object.fromEntries(event.channels.flatMap((site, i) => Number.isFinite(values[i]) ? [[site, values[i]]] : []))
      await this.#writer.addMessage({ channelId: channel.id, sequence: channel.count++, logTime: time, publishTime: time, data: Buffer.from(JSON.stringify({ t, sites: known })) })
    }
    await this.#context.turn()
  }

  async #open(kind: string, schema: object = eventJsonSchema(kind)): Promise<{ id: number, count: number }> {
    const schemaId = await this.#writer.registerSchema({ name: `symbiote.${kind}`, encoding: 'jsonschema', data: Buffer.from(JSON.stringify(schema)) })
    const id = await this.#writer.registerChannel({ topic: `/${kind.replaceAll('.', '/')}`, messageEncoding: 'json', schemaId, metadata: new Map() })
    const channel = { id, count: 0 }
    this.#channels.set(kind, channel)
    return channel
  }
}

class Writable implements IWritable {
  readonly #output: Output
  #position = 0n

  constructor(output: Output) {
    this.#output = output
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#position += BigInt(bytes.length)
    await this.#output.bytes(bytes)
  }

  position(): bigint {
    return this.#position
  }
}

/** Undefined on a Node before 22.15. */
function compression(): ((data: Uint8Array) => { compression: string, compressedData: Uint8Array }) | undefined {
  const { zstdCompressSync } = zlib
  return typeof zstdCompressSync === 'function' ? data => ({ compression: 'zstd', compressedData: zstdCompressSync(data) }) : undefined
}
