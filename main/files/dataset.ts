/**
 * Data sets: those that ship by name, and the user's own as folders with `dataset.json` and `data.safetensors`.
 * What is read is checked: shapes, counts, classes in range, finite inputs.
 */
import type { Items, Tensor } from '../../preload/contract/engine'
import type { DatasetFile } from '../../preload/contract/primary'
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { datasetFileSchema } from '../../preload/contract/primary'
import { checkItems } from './datasetItems'
import { isMissing } from './fileErrors'
import { checkJson, parseJson, readText } from './json'
import { findMnist, mnistFile, readMnist } from './mnist'
import { mobyItems, readMoby } from './moby'
import { readSafetensors } from './safetensors'
import { synthetic } from './synthetic'

/** Names that stand for a data set; `digits` is the recipe's name for `mnist`. */
export const shippedDatasets: readonly string[] = ['mnist', 'digits', 'induction', 'modadd', 'moby']

export type Split = 'train' | 'test' | 'all'

export interface Dataset {
  file: DatasetFile
  /** Inputs are [n, ...shape]. */
  items: Items
  /** n. */
  count: number
  /** False where the data set is one lot, so that train and test are the same items. */
  divided: boolean
  /** Of the bytes read: all of `data.safetensors`; for mnist, images then labels of the split (train first). */
  sha256: string
  inputShape: number[]
  classNames: string[]
}

export interface DatasetOptions {
  split: Split
  /** Where to look for the packages of data sets that ship. */
  packagesFrom?: string | URL
}

export async function readDataset(nameOrFolder: string, { split, packagesFrom }: DatasetOptions): Promise<Dataset> {
  if (nameOrFolder === 'induction' || nameOrFolder === 'modadd')
    return makeSynthetic(nameOrFolder, split)
  if (nameOrFolder === 'moby')
    return readMobyDick(split, packagesFrom)
  return shippedDatasets.includes(nameOrFolder) ? readShipped(split, packagesFrom) : readFolder(nameOrFolder, split)
}

async function readShipped(split: Split, from?: string | URL): Promise<Dataset> {
  const folder = findMnist(from)
  const hash = createHash('sha256')
  const parts: Items[] = []
  for (const part of partsOf(split))
    parts.push(await readMnist(folder, part, hash))
  return finish(mnistFile, joined(parts), true, hash.digest('hex'))
}

/** Its hash is over the items made, so that a change of the program is a change of the data. */
function makeSynthetic(name: 'induction' | 'modadd', split: Split): Dataset {
  const { file, make } = synthetic[name]
  const parts = partsOf(split).map(make)
  const hash = createHash('sha256')
  for (const { inputs, targets, counterfactual } of parts) {
    for (const data of [inputs.data, targets, counterfactual?.data ?? []])
      hash.update(Int32Array.from(data))
  }
  return finish(file, joined(parts), true, hash.digest('hex'))
}

async function readMobyDick(split: Split, from?: string | URL): Promise<Dataset> {
  const hash = createHash('sha256')
  const text = await readMoby(hash, from)
  return finish(text.file, joined(partsOf(split).map(part => mobyItems(text, part))), true, hash.digest('hex'))
}

function partsOf(split: Split): ('train' | 'test')[] {
  return split === 'all' ? ['train', 'test'] : [split]
}

async function readFolder(nameOrFolder: string, split: Split): Promise<Dataset> {
  const folder = resolve(nameOrFolder)
  if (nameOrFolder === '' || await stat(folder).then(() => false, isMissing)) {
    throw new UserError({
      code: 'dataset-missing',
      message: `There is no data set "${nameOrFolder}": neither one that ships nor a folder ${folder}.`,
      remedy: `Give the folder that holds dataset.json and data.safetensors, or one of ${shippedDatasets.join(', ')}.`,
      path: nameOrFolder,
    })
  }
  const file = await readDatasetFile(join(folder, 'dataset.json'))
  const path = join(folder, 'data.safetensors')
  const { tensors, sha256 } = await readSafetensors(path)
  return finish(file, checkItems(tensors, file, path, split), tensors.split !== undefined, sha256)
}

async function readDatasetFile(path: string): Promise<DatasetFile> {
  const text = await readText(path)
  const { format } = new Object(parseJson(text, path)) as { format?: unknown }
  if (typeof format === 'string' && Number(/^symbiote-dataset\/(\d+)$/.exec(format)?.[1]) > 1)
    throw new UserError({ code: 'format-newer', message: `${path} is of format ${format}, newer than this version of Symbiote, which reads symbiote-dataset/1.`, remedy: 'Open it with a newer Symbiote.', path })
  const file = checkJson(text, path, datasetFileSchema)
  if (file.classNames !== undefined && file.classNames.length !== file.classes)
    throw new UserError({ code: 'dataset-invalid', message: `${path}: classNames has ${file.classNames.length} names for ${file.classes} classes.`, remedy: 'Give every class a name, or leave classNames out.', path })
  return file
}

function finish(file: DatasetFile, items: Items, divided: boolean, sha256: string): Dataset {
  return {
    file,
    items,
    count: items.inputs.shape[0],
    divided,
    sha256,
    inputShape: file.inputs.shape,
    classNames: file.classNames ?? Array.from({ length: file.classes }, (_, i) => String(i)),
  }
}

/** Items of several parts as one lot; the items themselves where there is one part. */
function joined(parts: Items[]): Items {
  const [first] = parts
  if (parts.length === 1)
    return first
  const all = (take: (items: Items) => Tensor['data']): Tensor['data'] => {
    const pieces = parts.map(take)
    const data = new (pieces[0].constructor as Float32ArrayConstructor)(pieces.reduce((sum, piece) => sum + piece.length, 0)) as Tensor['data']
    let at = 0
    for (const piece of pieces) {
      data.set(piece, at)
      at += piece.length
    }
    return data
  }
  const shape = [parts.reduce((sum, { inputs }) => sum + inputs.shape[0], 0), ...first.inputs.shape.slice(1)]
  return {
    inputs: { shape, data: all(({ inputs }) => inputs.data) },
    scale: first.scale,
    targets: all(({ targets }) => targets) as Int32Array,
    ...(first.mask ? { mask: all(({ mask }) => mask!) as Float32Array } : {}),
    ...(first.counterfactual ? { counterfactual: { shape, data: all(({ counterfactual }) => counterfactual!.data) } } : {}),
  }
}
