/**
 * Addresses in a cnn. `conv.L` is the L-th convolution, its channels its feature maps after the activation;
 * `layers.L` are the dense layers behind, as in an mlp.
 */
import type { Address, EdgeAddress, Resolved, Site, WeightAddress } from './address'
import type { Problem } from './addressShared'
import type { CnnArchitecture } from './primary'
import { joinUnits, resolveLayer, resolveUnits, resolveWeights } from './addressMlp'
import { answer, combinations, inWords, numberProblem, positionless, within } from './addressShared'
import { featureMaps } from './primary'

/** Scalars that the first dense layer reads: the last feature maps, flattened [channel, y, x]. */
export function flattenedSize(architecture: CnnArchitecture): number {
  const { channels, height, width } = featureMaps(architecture).at(-1)!
  return channels * height * width
}

export function resolveInCnn(address: Address, text: string, architecture: CnnArchitecture): Resolved {
  return answer(resolveKind(address, architecture), text)
}

function resolveKind(address: Address, architecture: CnnArchitecture): Site[] | Problem {
  if (address.kind === 'edge')
    return resolveEdges(address, architecture)
  const stack = 'module' in address ? address.module.stack : undefined
  if (stack === 'layers') {
    switch (address.kind) {
      case 'unit': return resolveUnits(address, architecture, 'cnn')
      case 'weight': return resolveWeights(address, { ...architecture, inputs: flattenedSize(architecture) }, 'cnn')
      case 'layer': return resolveLayer(address, architecture, 'cnn')
    }
  }
  if (stack !== 'conv')
    return foreign(address)
  const { layer } = (address as { module: { layer: number } }).module
  const problem = numberProblem('conv', layer, architecture.conv.length - 1, 'cnn')
  if (problem)
    return problem
  switch (address.kind) {
    case 'channel': {
      const result = within(address.index, architecture.conv[layer].out, `conv.${layer}`, 'channels')
      return positionless(address, `conv.${layer}.channel[…]`, 'a cnn') ?? result.error ?? [{ kind: 'channel', module: `conv.${layer}`, indices: result.indices }]
    }
    case 'layer': return positionless(address, `conv.${layer}`, 'a cnn') ?? [{ kind: 'layer', module: `conv.${layer}` }]
    case 'weight': return resolveKernels(address, layer, architecture)
    default: return foreign(address)
  }
}

function resolveKernels(address: WeightAddress, layer: number, { input, conv }: CnnArchitecture): Site[] | Problem {
  const into = layer === 0 ? input[0] : conv[layer - 1].out
  const tensor = `conv.${layer}.weight`
  const rows = combinations(address.indices, [[conv[layer].out, 'channels (out)'], [into, 'channels (in)']], tensor)
  return 'message' in rows ? rows : rows.map(indices => ({ kind: 'weight' as const, tensor, indices }))
}

function resolveEdges({ from, to }: EdgeAddress, architecture: CnnArchitecture): Site[] | Problem {
  if (from.kind === 'embed' || to.kind === 'unembed')
    return { message: `this primary is a cnn and has no ${from.kind === 'embed' ? 'embedding' : 'unembedding'}.`, remedy: 'Join channels and units, as in conv.0.channel[3] -> conv.1.channel[0].' }
  const [sources, readers] = [resolveKind(from, architecture), resolveKind(to, architecture)]
  if ('message' in sources)
    return sources
  if ('message' in readers)
    return readers
  if (from.kind === 'unit' && to.kind === 'unit')
    return joinUnits(sources, readers, from, to, architecture, 'cnn')
  const [a, b] = [sources[0], readers[0]]
  if (a.kind === 'layer' || b.kind === 'layer')
    return { message: `${(a.kind === 'layer' ? a : b as { module: string }).module} is a whole layer, and in a cnn an edge joins channels and units.`, remedy: 'Write its channels or units, as in conv.0.channel[*].' }
  if (a.kind !== 'channel' || (b.kind !== 'channel' && b.kind !== 'unit'))
    return { message: 'nothing goes from a dense layer back to a convolution.', remedy: 'Join channels to later channels or to units of layers.0.' }
  const layer = (from as { module: { layer: number } }).module.layer
  const next = layer === architecture.conv.length - 1 ? 'layers.0' : `conv.${layer + 1}`
  if (b.module !== next)
    return { message: `${a.module} and ${b.module} are not neighbours, and an edge of a cnn joins a layer to the next one.`, remedy: `End it in ${next}.` }
  return a.indices.flatMap(i => b.indices.map((o): Site => ({ kind: 'edge', from: { module: a.module, index: i }, to: { module: b.module, index: o } })))
}

function foreign(address: Address): Problem {
  return {
    message: `this primary is a cnn, and ${inWords(address)} is nothing a cnn has.`,
    remedy: 'Sites of this cnn are conv.0.channel[3], conv.0.weight[out,in], layers.0.unit[12], layers.0.weight[out,in], and edges between neighbours.',
  }
}
