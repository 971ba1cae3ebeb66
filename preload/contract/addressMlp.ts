/**
 * Addresses in an mlp. The other architectures are files like this one.
 * `layers.L` is the L-th dense layer, its units its outputs, after the activation where it has one.
 */
import type { Address, EdgeAddress, Resolved, Site, UnitAddress, WeightAddress } from './address'
import type { Problem } from './addressShared'
import type { MlpArchitecture } from './primary'
import { answer, combinations, inWords, numberProblem, positionless, within } from './addressShared'

/** Units of each dense layer, `layers.0` first; the last are the outputs. */
export function unitsPerLayer(architecture: Pick<MlpArchitecture, 'hidden' | 'outputs'>): number[] {
  return [...architecture.hidden, architecture.outputs]
}

export function resolveInMlp(address: Address, text: string, architecture: MlpArchitecture): Resolved {
  return answer(resolveKind(address, architecture), text)
}

function resolveKind(address: Address, architecture: MlpArchitecture): Site[] | Problem {
  const problem = address.kind === 'edge' ? undefined : foreign(address, architecture)
  if (problem)
    return problem
  switch (address.kind) {
    case 'unit': return resolveUnits(address, architecture)
    case 'weight': return resolveWeights(address, architecture)
    case 'layer': return resolveLayer(address, architecture)
    case 'edge': return resolveEdges(address, architecture)
    default: throw new Error(`a ${address.kind} was taken for a site of an mlp`)
  }
}

export function resolveLayer(address: { module: { layer: number }, position?: unknown }, architecture: Pick<MlpArchitecture, 'hidden'>, kind = 'mlp'): Site[] | Problem {
  const { layer } = address.module
  return positionless(address, `layers.${layer}`, article(kind)) ?? numberProblem('layers', layer, architecture.hidden.length, kind) ?? [{ kind: 'layer', module: `layers.${layer}` }]
}

export function resolveUnits(address: UnitAddress, architecture: Pick<MlpArchitecture, 'hidden' | 'outputs'>, kind = 'mlp'): Site[] | Problem {
  const { layer } = address.module
  const problem = positionless(address, `layers.${layer}.unit[…]`, article(kind)) ?? numberProblem('layers', layer, architecture.hidden.length, kind)
  if (problem)
    return problem
  const result = within(address.index, unitsPerLayer(architecture)[layer], `layers.${layer}`, 'units')
  return result.error ?? [{ kind: 'unit', module: `layers.${layer}`, indices: result.indices }]
}

/** @param address a weight of a dense layer */
export function resolveWeights(address: WeightAddress, architecture: Pick<MlpArchitecture, 'inputs' | 'hidden' | 'outputs'>, kind = 'mlp'): Site[] | Problem {
  const { layer } = address.module as { layer: number }
  const problem = numberProblem('layers', layer, architecture.hidden.length, kind)
  if (problem)
    return problem
  const widths = [architecture.inputs, ...unitsPerLayer(architecture)]
  const tensor = `layers.${layer}.weight`
  const rows = combinations(address.indices, [[widths[layer + 1], 'rows (out)'], [widths[layer], 'columns (in)']], tensor)
  return 'message' in rows ? rows : rows.map(indices => ({ kind: 'weight' as const, tensor, indices }))
}

function resolveEdges(address: EdgeAddress, architecture: MlpArchitecture): Site[] | Problem {
  const { from, to } = address
  if (from.kind === 'embed')
    return { message: 'this primary is an mlp and has no embedding.', remedy: 'What reaches a unit of layers.0 comes through its weights: layers.0.weight[out,in].' }
  if (to.kind === 'unembed')
    return { message: 'this primary is an mlp and has no unembedding.', remedy: `Its outputs are the units of layers.${architecture.hidden.length}.` }
  for (const end of [from, to]) {
    if (end.kind === 'layer' && end.module.stack === 'layers')
      return { message: `layers.${end.module.layer} is a whole layer, and in an mlp an edge joins units.`, remedy: `Write layers.${end.module.layer}.unit[*].` }
  }
  return joinUnits(resolveKind(from, architecture), resolveKind(to, architecture), from, to, architecture)
}

/** Units of one dense layer with units of the next. */
export function joinUnits(sources: Site[] | Problem, readers: Site[] | Problem, from: Address, to: Address, architecture: Pick<MlpArchitecture, 'hidden'>, kind = 'mlp'): Site[] | Problem {
  if ('message' in sources)
    return sources
  if ('message' in readers)
    return readers
  const [a, b] = [sources[0], readers[0]]
  if (a.kind !== 'unit' || b.kind !== 'unit' || from.kind !== 'unit' || to.kind !== 'unit')
    throw new Error('an end of an edge between units resolved to something that is not a unit')
  if (to.module.layer !== from.module.layer + 1)
    return { message: `${a.module} and ${b.module} are not neighbours, and an edge of ${article(kind)} joins a layer to the next one.`, remedy: nextLayer(from.module.layer, architecture, kind) }
  return a.indices.flatMap(i => b.indices.map((o): Site => ({ kind: 'edge', from: { module: a.module, index: i }, to: { module: b.module, index: o } })))
}

function nextLayer(layer: number, { hidden }: Pick<MlpArchitecture, 'hidden'>, kind: string): string {
  const last = hidden.length
  if (last === 0)
    return `This ${kind} has one dense layer and no edges between units; take its weights: layers.0.weight[out,in].`
  return layer === last ? `layers.${last} is the last; begin at layers.${last - 1} or below.` : `End it in layers.${layer + 1}.unit[…].`
}

function article(kind: string): string {
  return `${kind === 'mlp' ? 'an' : 'a'} ${kind}`
}

function foreign(address: Exclude<Address, EdgeAddress>, architecture: MlpArchitecture): Problem | undefined {
  if ('module' in address && address.module.stack === 'layers')
    return undefined
  const last = architecture.hidden.length
  return {
    message: `this primary is an mlp, and ${inWords(address)} is nothing an mlp has.`,
    remedy: `Sites of this mlp are ${last === 0 ? 'in layers.0' : `in layers.0 to layers.${last}`}: layers.0.unit[12], layers.0.weight[out,in]${last === 0 ? '' : ', layers.0.unit[3] -> layers.1.unit[9]'}.`,
  }
}
