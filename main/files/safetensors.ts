/**
 * safetensors files of F32, F16, I32 and U8, read strictly and written so that equal tensors give equal bytes.
 * Data is little-endian, as is every machine this runs on. F16 becomes float32 on reading and is never written.
 */
import type { FileHandle } from 'node:fs/promises'
import type { Tensor } from '../../preload/contract/engine'
import type { Dtype, Header, TensorEntry } from './safetensorsHeader'
import { createHash } from 'node:crypto'
import { writeAtomic } from './atomic'
import { readFully, withFile } from './reading'
import { damaged, ITEM_SIZES, parseHeader } from './safetensorsHeader'

/** The limit of the reference implementation. */
const HEADER_LIMIT = 100_000_000

export interface Safetensors {
  /** Keyed by name, in the order of the file. */
  tensors: Record<string, Tensor>
  metadata: Record<string, string>
  /** Of the file's bytes. */
  sha256: string
  bytes: number
}

interface OpenFile {
  file: FileHandle
  header: Header
  headerBytes: Uint8Array
  bytes: number
}

/** Everything in the file. Throws `UserError`: `file-missing`, `file-damaged`, `dtype-unsupported` … */
export async function readSafetensors(path: string): Promise<Safetensors> {
  return withOpen(path, async ({ file, header, headerBytes, bytes }) => {
    const hash = createHash('sha256').update(headerBytes)
    const tensors: [string, Tensor][] = []
    let position = headerBytes.length
    for (const entry of header.entries) {
      const raw = new Uint8Array(entry.end - entry.begin)
      await readOrThrow(file, raw, position, path)
      hash.update(raw)
      position += raw.length
      tensors.push([entry.name, tensorOf(raw, entry)])
    }
    return { tensors: Object.fromEntries(tensors), metadata: header.metadata, sha256: hash.digest('hex'), bytes }
  })
}

/** Names, shapes and metadata, checked against the file's size; no tensor is read. */
export async function readSafetensorsHeader(path: string): Promise<Header> {
  return withOpen(path, async ({ header }) => header)
}

/** Atomic. Tensors lie in order of element size, then name, so that each is aligned to its element. */
export async function writeSafetensors(path: string, tensors: Record<string, Tensor>, metadata: Record<string, string> = {}): Promise<{ sha256: string, bytes: number }> {
  const parts = encodeSafetensors(tensors, metadata)
  const hash = createHash('sha256')
  for (const part of parts)
    hash.update(part)
  await writeAtomic(path, parts)
  return { sha256: hash.digest('hex'), bytes: parts.reduce((sum, part) => sum + part.length, 0) }
}

/** The file as pieces, without copying tensor data. */
export function encodeSafetensors(tensors: Record<string, Tensor>, metadata: Record<string, string> = {}): Uint8Array[] {
  const sorted = Object.entries(tensors)
    .map(([name, { shape, data }]) => ({ name, shape, data, dtype: dtypeOf(data) }))
    .sort((a, b) => ITEM_SIZES[b.dtype] - ITEM_SIZES[a.dtype] || compare(a.name, b.name))
  let offset = 0
  const entries: [string, unknown][] = sorted.map(({ name, shape, data, dtype }) => {
    if (shape.reduce((product, size) => product * size, 1) !== data.length || name === '__metadata__')
      throw new Error(`tensor ${name} has shape [${shape.join(', ')}] and ${data.length} elements`)
    const begin = offset
    offset += data.byteLength
    return [name, { dtype, shape, data_offsets: [begin, offset] }]
  })
  const keys = Object.keys(metadata).sort(compare)
  if (keys.length > 0)
    entries.unshift(['__metadata__', Object.fromEntries(keys.map(key => [key, metadata[key]]))])
  return [encodeHeader(entries), ...sorted.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))]
}

/** Length and text, padded with spaces so that the data begins on a multiple of 8. */
function encodeHeader(entries: [string, unknown][]): Uint8Array {
  // Written by hand because an object would move names such as "1" to its front.
  const json = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`
  const text = new TextEncoder().encode(json)
  const padded = Math.ceil(text.length / 8) * 8
  const bytes = new Uint8Array(8 + padded).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true)
  bytes.set(text, 8)
  return bytes
}

async function withOpen<T>(path: string, action: (file: OpenFile) => Promise<T>): Promise<T> {
  return withFile(path, async (file, size) => action({ file, ...await readHeader(file, path, size) }))
}

async function readHeader(file: FileHandle, path: string, size: number): Promise<Omit<OpenFile, 'file'>> {
  if (size < 8)
    throw damaged(path, `it has ${size} bytes, fewer than its first number needs.`)
  const prefix = new Uint8Array(8)
  await readOrThrow(file, prefix, 0, path)
  const length = new DataView(prefix.buffer).getBigUint64(0, true)
  if (length > BigInt(Math.min(HEADER_LIMIT, size - 8)))
    throw damaged(path, `it announces a header of ${length} bytes, and ${length > BigInt(HEADER_LIMIT) ? `${HEADER_LIMIT} are the most allowed` : `${size - 8} bytes follow`}.`)
  const headerBytes = new Uint8Array(8 + Number(length))
  headerBytes.set(prefix)
  await readOrThrow(file, headerBytes.subarray(8), 8, path)
  return { headerBytes, header: parseHeader(headerBytes.subarray(8), path, size - headerBytes.length), bytes: size }
}

async function readOrThrow(file: FileHandle, into: Uint8Array, position: number, path: string): Promise<void> {
  if (!await readFully(file, into, position))
    throw damaged(path, 'it became shorter while being read.')
}

function tensorOf(raw: Uint8Array<ArrayBuffer>, { dtype, shape }: TensorEntry): Tensor {
  switch (dtype) {
    case 'F32': return { shape, data: new Float32Array(raw.buffer) }
    // Float16Array is younger than some Node versions this runs on.
    case 'F16': return { shape, data: Float32Array.from(new Uint16Array(raw.buffer), halfToFloat) }
    case 'I32': return { shape, data: new Int32Array(raw.buffer) }
    case 'U8': return { shape, data: raw }
    default: return dtype satisfies never
  }
}

/** IEEE 754 binary16. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1F
  const fraction = bits & 0x3FF
  if (exponent === 0)
    return sign * fraction * 2 ** -24
  if (exponent === 31)
    return fraction === 0 ? sign * Infinity : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function dtypeOf(data: Tensor['data']): Dtype {
  return data instanceof Float32Array ? 'F32' : data instanceof Int32Array ? 'I32' : 'U8'
}

/** By code unit: the same on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
