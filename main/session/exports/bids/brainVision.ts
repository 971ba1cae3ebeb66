/** BrainVision: a header, markers, and float32 samples, all channels of a moment side by side. */
import type { ExportContext } from '../context'
import type { Signals } from './signals'
import { Buffer } from 'node:buffer'
import { basename } from 'node:path'
import { writeLines, writeOutput, writeText } from '../output'
import { sampled } from './signals'

/** Rows gathered before they are written. */
const ROWS = 1024

/** @param base path without ending; the three files lie beside each other */
export async function writeBrainVision(context: ExportContext, base: string, signals: Signals): Promise<void> {
  const name = basename(base)
  await writeText(`${base}.vhdr`, headerOf(name, signals))
  await writeLines(`${base}.vmrk`, markersOf(context, name, signals), () => context.turn())
  await writeOutput(`${base}.eeg`, async (output) => {
    const width = signals.channels.length
    let block = new Float32Array(ROWS * width)
    let rows = 0
    const flush = async (): Promise<void> => {
      await output.bytes(littleEndian(block.subarray(0, rows * width)))
      rows = 0
      block = new Float32Array(ROWS * width)
      await context.turn()
    }
    for await (const row of sampled(context, signals)) {
      block.set(row, rows++ * width)
      if (rows === ROWS)
        await flush()
    }
    await flush()
  })
}

function headerOf(name: string, { channels, rate }: Signals): string {
  return lines([
    'Brain Vision Data Exchange Header File Version 1.0',
    '; Made from a recording of a neural network by Symbiote: activations, not volts.',
    '',
    '[Common Infos]',
    'Codepage=UTF-8',
    `DataFile=${name}.eeg`,
    `MarkerFile=${name}.vmrk`,
    'DataFormat=BINARY',
    'DataOrientation=MULTIPLEXED',
    `NumberOfChannels=${channels.length}`,
    '; microseconds',
    `SamplingInterval=${1e6 / rate}`,
    '',
    '[Binary Infos]',
    'BinaryFormat=IEEE_FLOAT_32',
    '',
    '[Channel Infos]',
    '; name, reference, resolution, unit',
    ...channels.map((channel, i) => `Ch${i + 1}=${field(channel.name)},,1,`),
  ])
}

function* markersOf({ session }: ExportContext, name: string, { rate, samples }: Signals): Generator<string> {
  const at = (t: number): number => Math.min(samples, Math.round(t / 1e9 * rate) + 1)
  // 2026-11-27T01:24:27.234Z → 20261127012427234000: microseconds.
  const began = session.head.started.startedAt.replace(/\D/g, '').padEnd(20, '0').slice(0, 20)
  yield lines([
    'Brain Vision Data Exchange Marker File, Version 1.0',
    '',
    '[Common Infos]',
    'Codepage=UTF-8',
    `DataFile=${name}.eeg`,
    '',
    '[Marker Infos]',
    '; type, description, position in samples, length, channel (0: all)',
    `Mk1=New Segment,,1,1,0,${began}`,
  ])
  let n = 2
  for (const trial of session.events('trial'))
    yield lines([`Mk${n++}=Stimulus,${trial.sham ? 'sham' : 'stimulation'},${at(trial.t)},1,0`])
}

/** A comma inside a field is `\1`. */
function field(text: string): string {
  return text.replaceAll(',', '\\1')
}

function lines(all: string[]): string {
  return `${all.join('\r\n')}\r\n`
}

const BIG_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0

function littleEndian(values: Float32Array): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return BIG_ENDIAN ? Buffer.from(bytes).swap32() : bytes
}
