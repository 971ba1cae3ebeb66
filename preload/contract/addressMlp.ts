/**
 * Addresses in an mlp. The next architecture is one more file like this one and one more case in `resolveAddress`.
 * `layers.L` is the L-th dense layer, its units its outputs, after the activation where it has one.
 */
import type { Address, EdgeAddress, Index, Resolved, Site, UnitAddress, WeightAddress } from './address'
import type { UserErrorData } from './errors'
import type { MlpArchitecture } from './primary'

type Indices = { indices: number[], error?: undefined } | { indices?: undefined, error: Problem }
type Problem = Pick<UserErrorData, 'message' | 'remedy'>

/** Units of each dense layer, `layers.0` first; the last are the outputs. */
export function unitsPerLayer(architecture: MlpArchitecture): number[] {
  return [...architecture.hidden, architecture.outputs]
}

export function resolveInMlp(address: Address, text: string, architecture: MlpArchitecture): Resolved {
  const result = resolveKind(address, architecture)
  if ('message' in result)
    return { error: { code: 'site-unknown', message: `Site "${text}": ${result.message}`, remedy: result.remedy, path: text } }
  return { sites: result }
}

function resolveKind(address: Address, architecture: MlpArchitecture): Site[] | Problem {
  switch (address.kind) {
    case 'unit': return resolveUnits(address, architecture)
    case 'weight': return resolveWeights(address, architecture)
    case 'layer': {
      if (address.module.stack !== 'layers')
        return foreign(`a ${address.module.stack === 'conv' ? 'convolution' : 'transformer block'}`, architecture)
      return positionless(address, `layers.${address.module.layer}`) ?? layerProblem(address.module.layer, architecture) ?? [{ kind: 'layer', layer: address.module.layer }]
    }
    case 'edge': return resolveEdges(address, architecture)
    case 'channel': return foreign('a channel of a convolution', architecture)
    case 'head': return foreign('an attention head', architecture)
    case 'residual': return foreign('the residual stream of a transformer', architecture)
    case 'direction': return foreign('a direction in the residual stream of a transformer', architecture)
    default: return address satisfies never
  }
}

function resolveUnits(address: UnitAddress, architecture: MlpArchitecture): Site[] | Problem {
  const { stack, layer } = address.module
  if (stack !== 'layers')
    return foreign('a unit of a transformer block', architecture)
  const problem = positionless(address, `layers.${layer}.unit[…]`) ?? layerProblem(layer, architecture)
  if (problem)
    return problem
  const result = within(address.index, unitsPerLayer(architecture)[layer], `layers.${layer}`, 'units')
  return result.error ?? [{ kind: 'unit', layer, indices: result.indices }]
}

function resolveWeights(address: WeightAddress, architecture: MlpArchitecture): Site[] | Problem {
  if (address.module.stack !== 'layers')
    return foreign(`a weight of ${address.module.stack === 'conv' ? 'a convolution' : 'a transformer'}`, architecture)
  const { layer } = address.module
  const problem = layerProblem(layer, architecture)
  if (problem)
    return problem
  const widths = [architecture.inputs, ...unitsPerLayer(architecture)]
  const [row, column] = address.indices as [Index, Index]
  const out = within(row, widths[layer + 1], `layers.${layer}.weight`, 'rows (out)')
  if (out.error)
    return out.error
  const into = within(column, widths[layer], `layers.${layer}.weight`, 'columns (in)')
  if (into.error)
    return into.error
  return out.indices.flatMap(o => into.indices.map(i => ({ kind: 'weight' as const, layer, out: o, in: i })))
}

function resolveEdges(address: EdgeAddress, architecture: MlpArchitecture): Site[] | Problem {
  const { from, to } = address
  if (from.kind === 'embed')
    return { message: 'this primary is an mlp and has no embedding.', remedy: 'What reaches a unit of layers.0 comes through its weights: layers.0.weight[out,in].' }
  for (const end of [from, to]) {
    if (end.kind === 'layer' && end.module.stack === 'layers')
      return { message: `layers.${end.module.layer} is a whole layer, and in an mlp an edge joins units.`, remedy: `Write layers.${end.module.layer}.unit[*].` }
  }
  const sources = resolveKind(from, architecture)
  if ('message' in sources)
    return sources
  const readers = resolveKind(to, architecture)
  if ('message' in readers)
    return readers
  const [a, b] = [sources[0], readers[0]]
  if (a.kind !== 'unit' || b.kind !== 'unit')
    throw new Error('an end of an mlp edge resolved to something that is not a unit')
  if (b.layer !== a.layer + 1)
    return { message: `layers.${a.layer} and layers.${b.layer} are not neighbours, and an edge of an mlp joins a layer to the next one.`, remedy: nextLayer(a.layer, architecture) }
  return a.indices.flatMap(i => b.indices.map((o): Site => ({ kind: 'edge', from: { layer: a.layer, index: i }, to: { layer: b.layer, index: o } })))
}

function nextLayer(layer: number, architecture: MlpArchitecture): string {
  const last = architecture.hidden.length
  if (last === 0)
    return 'This mlp has one layer and no edges; take its weights: layers.0.weight[out,in].'
  return layer === last ? `layers.${last} is the last; begin at layers.${last - 1} or below.` : `End it in layers.${layer + 1}.unit[…].`
}

function positionless(address: { position?: unknown }, right: string): Problem | undefined {
  return address.position === undefined ? undefined : { message: 'it gives a position, and an mlp has no positions.', remedy: `Leave "@" and what follows it out: ${right}.` }
}

function layerProblem(layer: number, architecture: MlpArchitecture): Problem | undefined {
  const last = architecture.hidden.length
  if (layer <= last)
    return undefined
  return { message: `there is no layers.${layer} in this mlp.`, remedy: last === 0 ? 'It has layers.0 only.' : `It has layers.0 to layers.${last}.` }
}

function within(index: Index, size: number, module: string, what: string): Indices {
  const { from, to } = index === '*' ? { from: 0, to: size } : typeof index === 'number' ? { from: index, to: index + 1 } : index
  if (to > size) {
    const said = typeof index === 'number' ? `${index} is` : `${from}:${to} goes`
    return { error: { message: `${said} beyond the ${size} ${what} of ${module}.`, remedy: size === 1 ? 'The only index is 0.' : `Indices run from 0 to ${size - 1}${typeof index === 'number' ? '' : `; the end of a range may be ${size}`}.` } }
  }
  return { indices: Array.from({ length: to - from }, (_, i) => from + i) }
}

function foreign(what: string, architecture: MlpArchitecture): Problem {
  const last = architecture.hidden.length
  return {
    message: `this primary is an mlp, and ${what} is nothing an mlp has.`,
    remedy: `Sites of this mlp are ${last === 0 ? 'in layers.0' : `in layers.0 to layers.${last}`}: layers.0.unit[12], layers.0.weight[out,in]${last === 0 ? '' : ', layers.0.unit[3] -> layers.1.unit[9]'}.`,
  }
}
