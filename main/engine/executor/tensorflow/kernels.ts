/**
 * The kernels that instructions name. `coreKernels` calls those of any TensorFlow.js backend directly: below the public
 * operations, whose broadcasting, type juggling and gradient tape are not needed here and cost more than small kernels do.
 */
import type { DType } from './trace'

/** A tensor of whoever made it; only that one reads, frees or computes with it. */
export interface Tensor { readonly shape: number[] }

export type NamedTensors = { name: string, tensor: Tensor }[] | Tensor[]

export interface Kernels {
  upload: (data: Float32Array | Int32Array | Uint8Array, shape: number[], dtype: DType) => Tensor
  run: (kernel: string, inputs: NamedTensors, attributes: Record<string, unknown>) => Tensor[]
  copy: (tensor: Tensor) => Tensor
  read: (tensor: Tensor) => Promise<Float32Array>
  free: (tensor: Tensor) => void
  /** Tensors not freed, for tests that count leaks. */
  alive: () => number
}

/** What is used of `@tensorflow/tfjs-core`, whichever package brings it. */
export interface TensorFlow {
  getKernel: (name: string, backend: string) => { kernelFunc: (call: { inputs: unknown, backend: unknown, attrs: unknown }) => TensorInfo | TensorInfo[] } | undefined
  getBackend: () => string
  backend: () => CoreBackend
}

interface TensorInfo extends Tensor { dataId: object, dtype: string, dispose?: () => void }

interface CoreBackend {
  write: (values: unknown, shape: number[], dtype: string) => object
  read: (dataId: object) => Promise<unknown>
  disposeData: (dataId: object) => boolean
  numDataIds: () => number
}

export function coreKernels(tf: TensorFlow): Kernels {
  const backend = tf.backend()
  const name = tf.getBackend()
  const known = new Map<string, (call: { inputs: unknown, backend: unknown, attrs: unknown }) => TensorInfo | TensorInfo[]>()
  const find = (kernel: string) => {
    const found = tf.getKernel(kernel, name)?.kernelFunc
    if (!found) throw new Error(`tensorflow: the backend ${name} has no kernel ${kernel}`)
    known.set(kernel, found)
    return found
  }
  const run = (kernel: string, inputs: NamedTensors, attrs: Record<string, unknown>): TensorInfo[] => {
    const results = (known.get(kernel) ?? find(kernel))({ inputs: named(inputs), backend, attrs })
    return Array.isArray(results) ? results : [results]
  }
  return {
    run,
    upload: (data, shape, dtype): TensorInfo => ({ dataId: backend.write(data.slice(), shape, dtype), shape, dtype }),
    copy: tensor => run('Reshape', [{ name: 'x', tensor }], { shape: tensor.shape })[0],
    read: async tensor => Float32Array.from(await backend.read((tensor as TensorInfo).dataId) as ArrayLike<number>),
    free: (tensor) => {
      const { dispose, dataId } = tensor as TensorInfo
      if (dispose) dispose.call(tensor)
      else backend.disposeData(dataId)
    },
    alive: () => backend.numDataIds(),
  }
}

function named(inputs: NamedTensors): unknown {
  if (inputs.length > 0 && !('tensor' in inputs[0])) return inputs
  const record: Record<string, Tensor> = {}
  for (const { name, tensor } of inputs as { name: string, tensor: Tensor }[]) record[name] = tensor
  return record
}
