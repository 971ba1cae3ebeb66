import type { Tensor } from '../../preload/contract/engine'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from '../../main/files/safetensors'
import { UserError } from '../../preload/contract/errors'

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'symbiote-safetensors-')) })
afterAll(() => rmSync(folder, { recursive: true }))

const python = hasPython()

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'])
    return true
  }
  catch {
    return false
  }
}

const sample: Record<string, Tensor> = {
  'layers.0.weight': { shape: [2, 3], data: new Float32Array([1, -2.5, 3.25, 0, -0, 1e-30]) },
  'layers.0.bias': { shape: [2], data: new Float32Array([0.1, 7]) },
  'targets': { shape: [3], data: new Int32Array([-1, 2, 2147483647]) },
  'pixels': { shape: [1, 5], data: new Uint8Array([0, 1, 127, 128, 255]) },
  'empty': { shape: [0, 4], data: new Float32Array(0) },
  'scalar': { shape: [], data: new Float32Array([42]) },
  '7': { shape: [1], data: new Int32Array([7]) },
  'ünï "quoted"\n': { shape: [1], data: new Float32Array([1]) },
}

/** A file from a header given as text and raw data: what a careless or hostile writer may produce. */
function craft(header: string, data = new Uint8Array(0), announced?: bigint): string {
  const text = new TextEncoder().encode(header)
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, announced ?? BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return save(bytes)
}

let saved = 0
function save(bytes: Uint8Array): string {
  const path = join(folder, `crafted-${saved++}.safetensors`)
  writeFileSync(path, bytes)
  return path
}

async function refusalOf(path: string): Promise<UserError> {
  const error = await readSafetensors(path).then(() => undefined, error => error as unknown)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).path).toBe(path)
  expect((error as UserError).message).toContain(path)
  expect((error as UserError).remedy).not.toBe('')
  return error as UserError
}

describe('what is written', () => {
  it('is read back', async () => {
    const path = join(folder, 'sub', 'sample.safetensors')
    const { sha256, bytes } = await writeSafetensors(path, sample, { b: '2', a: 'é' })
    const read = await readSafetensors(path)
    expect(read.tensors).toEqual(sample)
    expect(Object.is(read.tensors['layers.0.weight'].data[4], -0)).toBe(true)
    expect(read.metadata).toEqual({ a: 'é', b: '2' })
    const file = readFileSync(path)
    expect([read.sha256, read.bytes]).toEqual([sha256, bytes])
    expect([sha256, bytes]).toEqual([createHash('sha256').update(file).digest('hex'), file.length])
    expect(readdirSync(join(folder, 'sub'))).toEqual(['sample.safetensors'])
  })

  it('depends on nothing but names and values, and begins data on a multiple of 8', async () => {
    const [a, b] = [join(folder, 'a.safetensors'), join(folder, 'b.safetensors')]
    await writeSafetensors(a, sample, { x: '1', y: '2' })
    await writeSafetensors(b, Object.fromEntries(Object.entries(sample).reverse()), { y: '2', x: '1' })
    const bytes = readFileSync(a)
    expect(bytes.equals(readFileSync(b))).toBe(true)
    expect(bytes.readBigUInt64LE(0) % 8n).toBe(0n)
    for (const { begin, dtype } of (await readSafetensorsHeader(a)).entries)
      expect(begin % (dtype === 'U8' ? 1 : 4)).toBe(0)
  })

  it('replaces a file whole or not at all', async () => {
    const path = join(folder, 'kept.safetensors')
    await writeSafetensors(path, sample)
    const before = readFileSync(path)
    await expect(writeSafetensors(path, { wrong: { shape: [3], data: new Float32Array(2) } })).rejects.toThrow(/shape \[3\]/)
    expect(readFileSync(path).equals(before)).toBe(true)
    await expect(writeSafetensors(join(path, 'below-a-file'), sample)).rejects.toMatchObject({ name: 'UserError', code: 'not-a-folder' })
  })

  it.runIf(python)('is what python reads with struct and json alone', async () => {
    const path = join(folder, 'to-python.safetensors')
    await writeSafetensors(path, sample, { made: 'here' })
    const read = JSON.parse(execFileSync('python3', ['-c', `
import json, struct, sys
b = open(sys.argv[1], 'rb').read()
n = struct.unpack('<Q', b[:8])[0]
h = json.loads(b[8:8+n])
out = {'__metadata__': h.pop('__metadata__')}
for k, t in h.items():
    s, e = t['data_offsets']
    d = b[8+n+s:8+n+e]
    c, w = {'F32': ('f', 4), 'I32': ('i', 4), 'U8': ('B', 1)}[t['dtype']]
    out[k] = [t['dtype'], t['shape'], list(struct.unpack('<%d%s' % (len(d)//w, c), d))]
print(json.dumps(out))`, path], { encoding: 'utf8' })) as Record<string, unknown>
    expect(read.__metadata__).toEqual({ made: 'here' })
    expect(read.targets).toEqual(['I32', [3], [-1, 2, 2147483647]])
    expect(read.pixels).toEqual(['U8', [1, 5], [0, 1, 127, 128, 255]])
    expect(read['layers.0.weight']).toEqual(['F32', [2, 3], [1, -2.5, 3.25, 0, -0, Math.fround(1e-30)]])
    expect(read['ünï "quoted"\n']).toEqual(['F32', [1], [1]])
  })
})

describe('what others write', () => {
  it.runIf(python)('is read where python wrote it, half precision included', async () => {
    const path = join(folder, 'from-python.safetensors')
    execFileSync('python3', ['-c', `
import json, struct, sys
half = [0.0, -0.0, 1.0, -2.5, 65504.0, 2**-24, 2**-14, 0.333251953125, float('inf'), float('-inf')]
parts = [('h', 'F16', [2, 5], struct.pack('<10e', *half)), ('f', 'F32', [2], struct.pack('<2f', 0.1, -1e20)), ('i', 'I32', [1], struct.pack('<i', -5)), ('u', 'U8', [3], bytes([0, 9, 255]))]
h, o = {'__metadata__': {'format': 'pt'}}, 0
for n, t, s, d in parts:
    h[n] = {'dtype': t, 'shape': s, 'data_offsets': [o, o + len(d)]}
    o += len(d)
j = json.dumps(h).encode() + b'   '
open(sys.argv[1], 'wb').write(struct.pack('<Q', len(j)) + j + b''.join(p[3] for p in parts))`, path])
    const { tensors, metadata } = await readSafetensors(path)
    expect(metadata).toEqual({ format: 'pt' })
    expect(tensors.h).toEqual({ shape: [2, 5], data: new Float32Array([0, -0, 1, -2.5, 65504, 2 ** -24, 2 ** -14, 0.333251953125, Infinity, -Infinity]) })
    expect(tensors.f.data).toEqual(new Float32Array([0.1, -1e20]))
    expect(tensors.i.data).toEqual(new Int32Array([-5]))
    expect(tensors.u.data).toEqual(new Uint8Array([0, 9, 255]))
  })

  it.each<[string, string, number, RegExp]>([
    ['an unknown dtype', '{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}', 2, /tensor "a" has dtype "BF16"/],
    ['a shape that is not the bytes', '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4, /8 bytes, and its offsets span 4/],
    ['a shape that overflows', '{"a":{"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[0,4]}}', 4, /tensor "a"/],
    ['a negative size', '{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4, /no valid shape/],
    ['a fractional offset', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0.5,4.5]}}', 4, /no valid data_offsets/],
    ['offsets backwards', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', 4, /no valid data_offsets/],
    ['an end beyond the file', '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 4, /end is cut off/],
    ['bytes after the last tensor', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 5, /1 bytes follow its last tensor/],
    ['a hole', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}', 3, /tensor "b".*hole/],
    ['an overlap', '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}', 3, /tensor "b".*inside/],
    ['one region twice', '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 2, /inside/],
    ['a name twice', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2, /"a" twice/],
    ['a name twice, spelt differently', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061" : {"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2, /"a" twice/],
    ['a field twice', '{"a":{"dtype":"U8","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4, /"dtype" twice/],
    ['an unknown field', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"scale":2}}', 1, /unknown field "scale"/],
    ['metadata that is not text', '{"__metadata__":{"n":1}}', 0, /__metadata__/],
    ['metadata that is a list', '{"__metadata__":["n"]}', 0, /__metadata__/],
    ['an entry that is a list', '{"a":[]}', 0, /tensor "a"/],
    ['an entry that is null', '{"a":null}', 0, /tensor "a"/],
    ['a header that is a list', '[]', 0, /begin with "\{"/],
    ['leading space', ' {}', 0, /begin with "\{"/],
    ['no JSON', '{"a":', 0, /not JSON/],
    ['deep nesting', `{"a":${'['.repeat(200_000)}`, 0, /not JSON/],
    ['deep nesting, closed', `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 0, /tensor "a"|not JSON/],
    ['the dtype of a prototype', '{"a":{"dtype":"constructor","shape":[1],"data_offsets":[0,1]}}', 1, /dtype "constructor"/],
  ])('is refused with %s', async (_, header, dataBytes, message) => {
    expect((await refusalOf(craft(header, new Uint8Array(dataBytes)))).message).toMatch(message)
  })

  it('may hold names that mean something to JavaScript', async () => {
    const path = craft('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"toString":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', new Uint8Array([3, 4]))
    const { tensors } = await readSafetensors(path)
    expect(Object.keys(tensors)).toEqual(['__proto__', 'toString'])
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype)
  })

  it('is refused with a length nobody could mean, without reserving it', async () => {
    for (const announced of [2n ** 64n - 1n, 2n ** 63n, 2n ** 53n, 100_000_001n, 3n])
      expect((await refusalOf(craft('{}', undefined, announced))).message).toMatch(/announces a header/)
    expect((await refusalOf(save(new Uint8Array(7)))).message).toMatch(/7 bytes/)
    expect((await refusalOf(save(new Uint8Array(0)))).message).toMatch(/0 bytes/)
    expect((await refusalOf(craft(`{"\xFF`))).code).toBe('file-damaged')
    expect((await refusalOf(save(new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 0xFF])))).message).toMatch(/UTF-8/)
  })

  it('is refused where it is missing or no file', async () => {
    expect((await refusalOf(join(folder, 'nowhere.safetensors'))).code).toBe('file-missing')
    expect((await refusalOf(folder)).code).toBe('not-a-file')
    if (process.platform === 'linux')
      expect((await refusalOf('/dev/zero')).code).toBe('not-a-file')
  })
})

describe('damage', () => {
  it('of any kind gives tensors of the promised shape or a UserError', async () => {
    const source = join(folder, 'fuzz.safetensors')
    await writeSafetensors(source, sample, { made: 'here' })
    const whole = new Uint8Array(readFileSync(source))
    const headerEnd = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true))
    let refused = 0
    await fc.assert(fc.asyncProperty(
      fc.array(fc.tuple(fc.nat({ max: headerEnd - 1 }), fc.nat({ max: 255 })), { maxLength: 4 }),
      fc.oneof(fc.constant(whole.length), fc.nat({ max: whole.length })),
      async (flips, length) => {
        const bytes = whole.slice(0, length)
        for (const [at, value] of flips)
          bytes[at] = value
        const path = save(bytes)
        try {
          for (const { shape, data } of Object.values((await readSafetensors(path)).tensors))
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
        }
        catch (error) {
          expect(error).toBeInstanceOf(UserError)
          refused++
        }
        finally {
          rmSync(path)
        }
      },
    ), { numRuns: 1500 })
    expect(refused).toBeGreaterThan(700)
  })

  it('by truncation anywhere is refused', async () => {
    const source = join(folder, 'cut.safetensors')
    await writeSafetensors(source, sample)
    const whole = readFileSync(source)
    for (let length = 0; length < whole.length; length += 3)
      await refusalOf(save(whole.subarray(0, length)))
  })
})
