/** The tensors of a data set folder, checked against its description and cut down to one split. */
import type { Items, Tensor } from '../../preload/contract/engine'
import type { DatasetFile } from '../../preload/contract/primary'
import { UserError } from '../../preload/contract/errors'
import { indexOf } from './architecture'

const KNOWN = ['inputs', 'targets', 'mask', 'split', 'counterfactual']

/**
 * Items of the split of which something counts: what is masked out counts for neither loss nor measure. A classification's
 * mask is per item, a next-token mask per position.
 */
export function checkItems(tensors: Record<string, Tensor>, file: DatasetFile, path: string, split: 'train' | 'test' | 'all'): Items {
  const unknown = Object.keys(tensors).find(name => !KNOWN.includes(name))
  if (unknown !== undefined)
    throw invalid(path, `it holds "${unknown.slice(0, 80)}", which a data set does not have`, `Tensors are ${KNOWN.join(', ')}.`)
  const inputs = required(tensors, 'inputs', path)
  const targets = required(tensors, 'targets', path)
  const count = targets.shape[0] ?? 0
  checkInputs('inputs', inputs, [count, ...file.inputs.shape], path)
  const perItem = file.kind === 'next-token' ? file.inputs.shape : []
  if (file.kind === 'next-token' && (perItem.length !== 1 || !(inputs.data instanceof Int32Array)))
    throw invalid(path, `inputs is ${dtypeName(inputs.data)} [${inputs.shape.join(', ')}], and a next-token data set has I32 [n, positions]`, 'Save one token per position as I32.')
  checkTokens('inputs', inputs, file, path)
  checkTargets(targets, [count, ...perItem], file.classes, path)
  const { counterfactual, mask } = tensors
  if (counterfactual !== undefined) {
    checkInputs('counterfactual', counterfactual, inputs.shape, path)
    if (counterfactual.data.constructor !== inputs.data.constructor)
      throw invalid(path, 'counterfactual and inputs are of different dtypes', 'Save both as the same.')
    checkTokens('counterfactual', counterfactual, file, path)
  }
  const rows = rowsOf(split, tensors.split, mask, [count, ...perItem], path)
  return {
    inputs: take(inputs, rows),
    scale: 1,
    targets: take(targets, rows).data as Int32Array,
    ...(mask !== undefined && perItem.length > 0 ? { mask: take(mask, rows).data as Float32Array } : {}),
    ...(counterfactual === undefined ? {} : { counterfactual: take(counterfactual, rows) }),
  }
}

function checkInputs(name: string, { shape, data }: Tensor, expected: number[], path: string): void {
  if (shape.join() !== expected.join())
    throw invalid(path, `${name} is [${shape.join(', ')}], and dataset.json with the targets says [${expected.join(', ')}]`, 'Correct "inputs.shape" in dataset.json, or the tensor.')
  if (data instanceof Uint8Array)
    throw invalid(path, `${name} is U8, inputs are F32 (or I32 for tokens)`, 'Save it as F32.')
  const at = data.findIndex(value => !Number.isFinite(value))
  if (at >= 0)
    throw invalid(path, `${name}[${indexOf(at, shape)}] is ${data[at]}`, 'Remove or correct the item.')
}

/** Token numbers are checked from below here; from above by whoever knows the vocabulary. */
function checkTokens(name: string, { data, shape }: Tensor, file: DatasetFile, path: string): void {
  const at = data instanceof Int32Array ? data.findIndex(token => token < 0 || (file.kind === 'next-token' && token >= file.classes)) : -1
  if (at >= 0)
    throw invalid(path, `${name}[${indexOf(at, shape)}] is ${data[at]}, and tokens ${file.kind === 'next-token' ? `are 0 to ${file.classes - 1}` : 'begin at 0'}`, 'Correct the token, or "classes" in dataset.json.')
}

function checkTargets({ shape, data }: Tensor, expected: number[], classes: number, path: string): void {
  if (shape.length !== expected.length || shape.slice(1).join() !== expected.slice(1).join() || !(data instanceof Int32Array))
    throw invalid(path, `targets is ${dtypeName(data)} [${shape.join(', ')}], I32 ${expected.length === 1 ? '[n]' : `[n, ${expected[1]}]`} is expected`, expected.length === 1 ? 'Save one class per item as I32.' : 'Save one token per position as I32.')
  if (expected[0] === 0)
    throw invalid(path, 'it holds no items', 'Save at least one item.')
  const at = data.findIndex(target => target < 0 || target >= classes)
  if (at >= 0)
    throw invalid(path, `targets[${indexOf(at, shape)}] is ${data[at]}, and the classes are 0 to ${classes - 1}`, 'Correct the target, or "classes" in dataset.json.')
}

function rowsOf(split: 'train' | 'test' | 'all', splits: Tensor | undefined, mask: Tensor | undefined, shape: number[], path: string): number[] {
  const [count, each = 1] = shape
  if (splits !== undefined)
    checkFlags('split', splits, [count], Int32Array, path)
  if (mask !== undefined)
    checkFlags('mask', mask, shape, Float32Array, path)
  const wanted = split === 'train' ? 0 : 1
  const counts = (row: number): boolean => mask === undefined || mask.data.subarray(row * each, (row + 1) * each).some(value => value !== 0)
  const rows = Array.from({ length: count }, (_, row) => row)
    .filter(row => (split === 'all' || splits === undefined || splits.data[row] === wanted) && counts(row))
  if (rows.length === 0)
    throw invalid(path, `it has no items ${split === 'all' ? 'left by its mask' : `to ${split} with (split ${wanted}${mask === undefined ? '' : ', mask 1'})`}`, split === 'all' ? 'Correct "mask".' : `Mark some items ${wanted} in "split", or leave "split" out.`)
  return rows
}

function checkFlags(name: string, { shape, data }: Tensor, expected: number[], Kind: typeof Int32Array | typeof Float32Array, path: string): void {
  if (shape.join() !== expected.join() || !(data instanceof Kind))
    throw invalid(path, `${name} is ${dtypeName(data)} [${shape.join(', ')}], ${Kind === Int32Array ? 'I32' : 'F32'} [${expected.join(', ')}] is expected`, `Save one ${name} per ${expected.length === 1 ? 'item' : 'position'}.`)
  const at = data.findIndex(value => value !== 0 && value !== 1)
  if (at >= 0)
    throw invalid(path, `${name}[${indexOf(at, shape)}] is ${data[at]}, and 0 and 1 are allowed`, 'Correct the item.')
}

/** Rows of a tensor; the tensor itself when that is all of them. */
function take(tensor: Tensor, rows: number[]): Tensor {
  const [count, ...inner] = tensor.shape
  if (rows.length === count)
    return tensor
  const size = inner.reduce((product, n) => product * n, 1)
  const data = new (tensor.data.constructor as Float32ArrayConstructor)(rows.length * size) as Tensor['data']
  rows.forEach((row, i) => data.set(tensor.data.subarray(row * size, (row + 1) * size), i * size))
  return { shape: [rows.length, ...inner], data }
}

function required(tensors: Record<string, Tensor>, name: string, path: string): Tensor {
  if (!Object.hasOwn(tensors, name))
    throw invalid(path, `the tensor "${name}" is missing`, 'A data set has inputs and targets.')
  return tensors[name]
}

function dtypeName(data: Tensor['data']): string {
  return data instanceof Float32Array ? 'F32' : data instanceof Int32Array ? 'I32' : 'U8'
}

function invalid(path: string, what: string, remedy: string): UserError {
  return new UserError({ code: 'dataset-invalid', message: `${path}: ${what}.`, remedy, path })
}
