/**
 * Kernels of TensorFlow called through the addon's own door, `executeOp`. The JavaScript kernels of the package make a
 * tensor of every axis list and shape at each call and throw it away; here such tensors are made once, which halves the
 * cost of small calls, and `where` broadcasts. Element types follow from the inputs and are never said.
 */
import type { Kernels, NamedTensors, Tensor } from './kernels'
import type { DType } from './trace'

/** The addon, as far as it is used. */
export interface Binding {
  TF_FLOAT: number
  TF_INT32: number
  TF_BOOL: number
  TF_ATTR_TYPE: number
  TF_ATTR_BOOL: number
  TF_ATTR_INT: number
  TF_Version: string
  /** Shares the memory of `data` from then on. */
  createTensor: (shape: number[], dtype: number, data: ArrayBufferView) => number
  deleteTensor: (id: number) => void
  tensorDataSync: (id: number) => ArrayLike<number>
  executeOp: (name: string, attributes: Attribute[], inputs: number[], outputs: number) => NativeTensor[]
}

interface Attribute { name: string, type: number, value: unknown }

/** As the addon gives it back; `dtype` is TensorFlow's number for it. */
interface NativeTensor extends Tensor { readonly id: number, readonly dtype: number }

/** How a kernel of TensorFlow.js is called in TensorFlow. */
interface Op {
  op: string
  /** Attributes that TensorFlow wants as further inputs. */
  lists?: string[]
  attributes?: (binding: Binding, attributes: Record<string, unknown>, inputs: NativeTensor[]) => Attribute[]
  outputs?: number
}

const flag = (binding: Binding, name: string, value: unknown): Attribute => ({ name, type: binding.TF_ATTR_BOOL, value })
const whole = (binding: Binding, name: string, value: unknown): Attribute => ({ name, type: binding.TF_ATTR_INT, value })
const type = (binding: Binding, name: string, value: number): Attribute => ({ name, type: binding.TF_ATTR_TYPE, value })
/** Of any number of inputs, whose type is not inferred. */
const several = (binding: Binding, inputs: NativeTensor[]): Attribute[] => [whole(binding, 'N', inputs.length), type(binding, 'T', inputs[0].dtype)]

/** Kernels that TensorFlow calls otherwise, or gives something besides tensors; all others go by their own name. */
const ops: Record<string, Op> = {
  Add: { op: 'AddV2' },
  Multiply: { op: 'Mul' },
  Select: { op: 'SelectV2' },
  Sum: { op: 'Sum', lists: ['axis'] },
  Prod: { op: 'Prod', lists: ['axis'] },
  Min: { op: 'Min', lists: ['axis'] },
  Max: { op: 'Max', lists: ['reductionIndices'] },
  All: { op: 'All', lists: ['axis'] },
  Any: { op: 'Any', lists: ['axis'] },
  Reshape: { op: 'Reshape', lists: ['shape'] },
  Transpose: { op: 'Transpose', lists: ['perm'] },
  Tile: { op: 'Tile', lists: ['reps'] },
  Slice: { op: 'Slice', lists: ['begin', 'size'] },
  StridedSlice: { op: 'StridedSlice', lists: ['begin', 'end', 'strides'] },
  Reverse: { op: 'ReverseV2', lists: ['dims'] },
  PadV2: { op: 'Pad', lists: ['paddings'] },
  GatherV2: { op: 'GatherV2', lists: ['axis'] },
  ScatterNd: { op: 'ScatterNd', lists: ['shape'] },
  Concat: { op: 'ConcatV2', lists: ['axis'], attributes: (binding, _, inputs) => several(binding, inputs) },
  AddN: { op: 'AddN', attributes: (binding, _, inputs) => several(binding, inputs) },
  Pack: { op: 'Pack', attributes: (binding, { axis }, inputs) => [whole(binding, 'axis', axis), ...several(binding, inputs)] },
  Cast: { op: 'Cast', attributes: (binding, { dtype }) => [type(binding, 'DstT', typeOf(binding, dtype as DType))] },
  TopK: { op: 'TopKV2', lists: ['k'], outputs: 2, attributes: (binding, { sorted }) => [flag(binding, 'sorted', sorted)] },
  BatchMatMul: {
    op: 'BatchMatMulV2',
    attributes: (binding, { transposeA, transposeB }) => [flag(binding, 'adj_x', transposeA), flag(binding, 'adj_y', transposeB)],
  },
}

function typeOf(binding: Binding, dtype: DType): number {
  switch (dtype) {
    case 'float32': return binding.TF_FLOAT
    case 'int32': return binding.TF_INT32
    case 'bool': return binding.TF_BOOL
    default: return dtype satisfies never
  }
}

/** What a call of one instruction comes to, worked out at its first. */
interface Call { op: string, attributes: Attribute[], lists: number[], outputs: number }

export function nativeKernels(binding: Binding): Kernels {
  let alive = 0
  const lists = new Map<string, number>()
  // Attributes are one object per instruction, so they stand for the call.
  const calls = new WeakMap<Record<string, unknown>, Call>()

  const listTensor = (value: unknown): number => {
    const key = JSON.stringify(value)
    const known = lists.get(key)
    if (known !== undefined) return known
    const shape = shapeOfList(value)
    const id = binding.createTensor(shape, binding.TF_INT32, Int32Array.from([value].flat(3) as number[]))
    lists.set(key, id)
    return id
  }

  const resolve = (kernel: string, inputs: NamedTensors, attributes: Record<string, unknown>): Call => {
    const { op, lists = [], attributes: further, outputs = 1 } = ops[kernel] ?? { op: kernel }
    const own = further?.(binding, attributes, inputs.map(tensorOf)) ?? []
    const call = { op, outputs, lists: lists.map(name => listTensor(attributes[name])), attributes: own }
    calls.set(attributes, call)
    return call
  }

  const run = (kernel: string, inputs: NamedTensors, attributes: Record<string, unknown>): NativeTensor[] => {
    const { op, attributes: own, lists, outputs } = calls.get(attributes) ?? resolve(kernel, inputs, attributes)
    const ids: number[] = []
    for (const input of inputs) ids.push(tensorOf(input).id)
    for (const list of lists) ids.push(list)
    alive += outputs
    return binding.executeOp(op, own, ids, outputs)
  }

  return {
    run,
    upload: (data, shape, dtype): NativeTensor => {
      alive++
      const type = typeOf(binding, dtype)
      return { id: binding.createTensor(shape, type, data.slice()), shape, dtype: type }
    },
    copy: tensor => run('Identity', [tensor], {})[0],
    read: async tensor => Float32Array.from(binding.tensorDataSync((tensor as NativeTensor).id)),
    free: (tensor) => {
      alive--
      binding.deleteTensor((tensor as NativeTensor).id)
    },
    alive: () => alive,
  }
}

function tensorOf(input: NamedTensors[number]): NativeTensor {
  return ('tensor' in input ? input.tensor : input) as NativeTensor
}

function shapeOfList(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...(Array.isArray(value[0]) ? [value[0].length] : [])] : []
}
