/** Writes a data set folder, train items first; what `dataset.ts` reads. */
import type { Items, Tensor } from '../../preload/contract/engine'
import type { DatasetFile } from '../../preload/contract/primary'
import { join } from 'node:path'
import { writeAtomic } from './atomic'
import { checkItems } from './datasetItems'
import { writeSafetensors } from './safetensors'

/** Checked as a reader would, before anything is written. Returns the hash a reader will find. */
export async function writeDataset(folder: string, { file, train, test }: { file: DatasetFile, train: Items, test: Items }): Promise<{ sha256: string }> {
  const path = join(folder, 'data.safetensors')
  const [first, second] = [train.inputs.shape[0], test.inputs.shape[0]]
  const shape = train.inputs.shape.slice(1)
  const both = (take: (items: Items) => Tensor['data'] | undefined, inner: number[]): Tensor | undefined => {
    const [a, b] = [take(train), take(test)]
    return a && b && { shape: [first + second, ...inner], data: joined(a, b) }
  }
  const tensors = Object.fromEntries(Object.entries({
    inputs: both(items => items.inputs.data, shape),
    targets: both(items => items.targets, file.kind === 'next-token' ? shape : []),
    mask: both(items => items.mask, shape),
    counterfactual: both(items => items.counterfactual?.data, shape),
    split: { shape: [first + second], data: Int32Array.from({ length: first + second }, (_, i) => i < first ? 0 : 1) },
  }).filter((entry): entry is [string, Tensor] => entry[1] !== undefined))
  checkItems(tensors, file, path, 'all')
  const { sha256 } = await writeSafetensors(path, tensors)
  await writeAtomic(join(folder, 'dataset.json'), [`${JSON.stringify(file, undefined, 2)}\n`])
  return { sha256 }
}

function joined(a: Tensor['data'], b: Tensor['data']): Tensor['data'] {
  const all = new (a.constructor as Float32ArrayConstructor)(a.length + b.length) as Tensor['data']
  all.set(a)
  all.set(b, a.length)
  return all
}
