/** The connections that carry most: ranked by |weight × activation of the source| for one item. */
import type { Connections, Tensor } from '../../../preload/contract/engine'

interface Candidate { layer: number, from: number, to: number, weight: number, flow: number }

/**
 * Of an mlp; other primaries have no single weight between their sites.
 * @param sizes units of each layer
 * @param sources values feeding each weight layer: the input, then each hidden layer
 * @param perLayer how many to keep in each weight layer
 * @param unit restricts to the weights into and out of `layers.layer.unit[index]`
 */
export function strongestConnections(
  sizes: number[],
  weights: Record<string, Tensor>,
  sources: Float32Array[],
  perLayer: number,
  unit?: { layer: number, index: number },
): Connections {
  const found = sizes.flatMap((outs, layer) => {
    const ins = sources[layer].length
    const { data } = weights[`layers.${layer}.weight`]
    const keep = largest(perLayer)
    const consider = (to: number, from: number): void => {
      const weight = data[to * ins + from]
      keep.offer({ layer, from, to, weight, flow: weight * sources[layer][from] })
    }
    if (!unit) {
      for (let to = 0; to < outs; to++) {
        for (let from = 0; from < ins; from++) consider(to, from)
      }
    }
    else if (unit.layer === layer) {
      for (let from = 0; from < ins; from++) consider(unit.index, from)
    }
    else if (unit.layer === layer - 1) {
      for (let to = 0; to < outs; to++) consider(to, unit.index)
    }
    return keep.sorted()
  })
  return {
    layer: Uint8Array.from(found, c => c.layer),
    from: Uint16Array.from(found, c => c.from),
    to: Uint16Array.from(found, c => c.to),
    weight: Float32Array.from(found, c => c.weight),
    flow: Float32Array.from(found, c => c.flow),
  }
}

/** Keeps the k candidates of largest |flow| in a binary min-heap; zero flow is no connection. */
function largest(k: number): { offer: (candidate: Candidate) => void, sorted: () => Candidate[] } {
  const heap: Candidate[] = []
  const size = (c: Candidate): number => Math.abs(c.flow)

  const sink = (): void => {
    for (let i = 0; ;) {
      const left = 2 * i + 1
      if (left >= heap.length) return
      const child = left + 1 < heap.length && size(heap[left + 1]) < size(heap[left]) ? left + 1 : left
      if (size(heap[child]) >= size(heap[i])) {
        return
      }[heap[i], heap[child]] = [heap[child], heap[i]]
      i = child
    }
  }

  const rise = (): void => {
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1
      if (size(heap[parent]) <= size(heap[i])) {
        return
      }[heap[i], heap[parent]] = [heap[parent], heap[i]]
      i = parent
    }
  }

  return {
    offer: (candidate) => {
      if (candidate.flow === 0) return
      if (heap.length < k) {
        heap.push(candidate)
        rise()
      }
      else if (size(candidate) > size(heap[0])) {
        heap[0] = candidate
        sink()
      }
    },
    sorted: () => [...heap].sort((a, b) => size(b) - size(a)),
  }
}
