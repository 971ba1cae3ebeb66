/**
 * The header of a safetensors file: an untrusted text that says where each tensor lies. Nothing here reads or allocates tensor data;
 * what passes has tensors that fill the data region exactly, without holes or overlaps.
 * Format: https://github.com/huggingface/safetensors#format
 */
import { UserError } from '../../preload/contract/errors'

export const ITEM_SIZES = { F32: 4, F16: 2, I32: 4, U8: 1 } as const
export type Dtype = keyof typeof ITEM_SIZES

export interface TensorEntry {
  name: string
  dtype: Dtype
  shape: number[]
  /** Offsets in the data region, the end not included. */
  begin: number
  end: number
}

export interface Header {
  /** In the order of the data region. */
  entries: TensorEntry[]
  metadata: Record<string, string>
}

/** `file` names the file in errors; `dataBytes` is the size of what follows the header. */
export function parseHeader(bytes: Uint8Array, file: string, dataBytes: number): Header {
  const text = decodeText(bytes, file)
  const json = parseObject(text, file)
  const repeated = repeatedKey(text)
  if (repeated !== undefined)
    throw damaged(file, `its header has "${clip(repeated)}" twice.`)
  const { __metadata__: metadata, ...tensors } = json
  const entries = Object.entries(tensors).map(([name, entry]) => tensorEntry(name, entry, file))
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  checkContiguous(entries, dataBytes, file)
  return { entries, metadata: metadataOf(metadata, file) }
}

export function damaged(file: string, what: string): UserError {
  return new UserError({ code: 'file-damaged', message: `${file} is not a whole safetensors file: ${what}`, remedy: 'Restore it from a copy, or write it again.', path: file })
}

function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  }
  catch {
    throw damaged(file, 'its header is not UTF-8 text.')
  }
}

function parseObject(text: string, file: string): Record<string, unknown> {
  if (!text.startsWith('{'))
    throw damaged(file, 'its header does not begin with "{".')
  try {
    // Beginning with "{", what parses is an object.
    return JSON.parse(text) as Record<string, unknown>
  }
  catch {
    throw damaged(file, 'its header is not JSON.')
  }
}

/** JSON.parse keeps the last of two equal keys in silence, so that one file could mean two things. `text` is known to be JSON. */
function repeatedKey(text: string): string | undefined {
  const scopes: (Set<string> | undefined)[] = []
  for (let i = 0; i < text.length; i++) {
    const symbol = text[i]
    if (symbol === '{' || symbol === '[') {
      scopes.push(symbol === '{' ? new Set() : undefined)
    }
    else if (symbol === '}' || symbol === ']') {
      scopes.pop()
    }
    else if (symbol === '"') {
      const end = endOfString(text, i)
      if (isFollowedByColon(text, end)) {
        const key = JSON.parse(text.slice(i, end)) as string
        if (scopes.at(-1)?.has(key))
          return key
        scopes.at(-1)?.add(key)
      }
      i = end - 1
    }
  }
  return undefined
}

/** Index after the closing quote. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0
    while (text[end - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0)
      return end + 1
  }
}

function isFollowedByColon(text: string, start: number): boolean {
  let i = start
  while (' \t\n\r'.includes(text[i])) i++
  return text[i] === ':'
}

function tensorEntry(name: string, value: unknown, file: string): TensorEntry {
  const where = `tensor "${clip(name)}"`
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(file, `${where} is not described by an object.`)
  const { dtype, shape, data_offsets: offsets, ...rest } = value as Record<string, unknown>
  const [extra] = Object.keys(rest)
  if (extra !== undefined)
    throw damaged(file, `${where} has an unknown field "${clip(extra)}".`)
  if (typeof dtype !== 'string' || !Object.hasOwn(ITEM_SIZES, dtype))
    throw new UserError({ code: 'dtype-unsupported', message: `${file}: ${where} has dtype ${clip(JSON.stringify(dtype) ?? 'none')}; F32, F16, I32 and U8 can be read.`, remedy: 'Save it as F32.', path: file })
  if (!isSizes(shape) || shape.length > 16)
    throw damaged(file, `${where} has no valid shape.`)
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1])
    throw damaged(file, `${where} has no valid data_offsets.`)
  const [begin, end] = offsets
  const bytes = shape.reduce((product, size) => product * size, ITEM_SIZES[dtype as Dtype])
  if (bytes !== end - begin)
    throw damaged(file, `${where} is ${dtype} [${shape.join(', ')}], ${bytes} bytes, and its offsets span ${end - begin}.`)
  return { name, dtype: dtype as Dtype, shape, begin, end }
}

function checkContiguous(entries: TensorEntry[], dataBytes: number, file: string): void {
  let expected = 0
  for (const { name, begin, end } of entries) {
    if (begin !== expected)
      throw damaged(file, `tensor "${clip(name)}" begins at byte ${begin}, ${begin < expected ? 'inside the one before it, which ends' : 'leaving a hole after the one before it, which ends'} at ${expected}.`)
    expected = end
  }
  if (expected !== dataBytes)
    throw damaged(file, expected > dataBytes ? `its tensors need ${expected} bytes and ${dataBytes} are there, so its end is cut off.` : `${dataBytes - expected} bytes follow its last tensor.`)
}

function metadataOf(value: unknown, file: string): Record<string, string> {
  if (value === undefined)
    return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.values(value).every(entry => typeof entry === 'string'))
    throw damaged(file, '__metadata__ is not a map of texts.')
  return value as Record<string, string>
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0)
}

function clip(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`
}
