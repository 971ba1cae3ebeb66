/** Reads a primary and the data set it names, and checks that they fit. Shared by the screen and the command line. */
import type { Items, Tensor } from '../../preload/contract/engine'
import type { Architecture, PrimaryFile } from '../../preload/contract/primary'
import type { Places } from '../files/shipped'
import { createHash } from 'node:crypto'
import { isAbsolute, resolve } from 'node:path'
import { readDataset, shippedDatasets } from '../files/dataset'
import { checkFits } from '../files/fits'
import { readPrimary } from '../files/primary'
import { encodeSafetensors } from '../files/safetensors'
import { findPrimary } from '../files/shipped'

export interface DatasetInfo {
  name: string
  kind: 'classification' | 'next-token'
  sha256: string
  split: 'train' | 'test'
  classNames: string[]
  inputShape: number[]
  /** False where train and test are the same items. */
  divided: boolean
}

/** A primary and its items as read from disk. */
export interface LoadedPatient {
  path: string
  file: PrimaryFile
  weights: Record<string, Tensor>
  weightsSha256: string
  weightsBytes: number
  /** Unit vectors by address. */
  directions: Record<string, Float32Array>
  dataset: DatasetInfo
  items: Items
  /** Of one that is still being trained, and lies in no folder: its run. */
  training?: string
}

/**
 * @param nameOrPath one that ships, one trained here, or a folder
 * @param dataset instead of the one the primary was trained on
 */
export async function loadPatient(nameOrPath: string, places: Places, dataset?: string, split: 'train' | 'test' = 'test'): Promise<LoadedPatient> {
  const path = await findPrimary(nameOrPath, places)
  const { file, weights, weightsSha256, weightsBytes, directions } = await readPrimary(path)
  const data = await loadItems(dataset ?? datasetBeside(file.task.dataset, path), file.architecture, split)
  return { path, file, weights, weightsSha256, weightsBytes, directions, dataset: data.info, items: data.items }
}

/** One that lies in no folder yet: it has the hash that its weights would have on disk. */
export async function loadedFrom({ file, weights, path, training }: Pick<LoadedPatient, 'file' | 'weights' | 'path'> & { training: string }): Promise<LoadedPatient> {
  const hash = createHash('sha256')
  let weightsBytes = 0
  for (const part of encodeSafetensors(weights)) {
    hash.update(part)
    weightsBytes += part.length
  }
  const { info, items } = await loadItems(datasetBeside(file.task.dataset, path), file.architecture, 'test')
  return { path, file, weights, weightsSha256: hash.digest('hex'), weightsBytes, directions: {}, dataset: info, items, training }
}

export async function loadItems(name: string, architecture: Architecture, split: 'train' | 'test') {
  const data = await readDataset(name, { split })
  checkFits(architecture, data)
  const classNames = data.file.classNames ?? Array.from({ length: data.file.classes }, (_, i) => String(i))
  const info: DatasetInfo = { name: data.file.name, kind: data.file.kind, sha256: data.sha256, split, classNames, inputShape: data.file.inputs.shape, divided: data.divided }
  return { info, items: data.items }
}

/** A data set that is not shipped is named by its folder, from the primary's own where it is relative. */
export function datasetBeside(name: string, primary: string): string {
  return shippedDatasets.includes(name) || isAbsolute(name) ? name : resolve(primary, name)
}
