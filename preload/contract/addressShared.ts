/** What resolving an address needs in every architecture: bounds, positions, and problems said in one way. */
import type { Address, Index, Position, Resolved, Site, Span } from './address'
import type { UserErrorData } from './errors'

export type Problem = Pick<UserErrorData, 'message' | 'remedy'>
type Indices = { indices: number[], error?: undefined } | { indices?: undefined, error: Problem }

/** A resolver's answer as the caller of `resolveAddress` gets it. */
export function answer(result: Site[] | Problem, text: string): Resolved {
  if ('message' in result)
    return { error: { code: 'site-unknown', message: `Site "${text}": ${result.message}`, remedy: result.remedy, path: text } }
  return { sites: result }
}

/** The indices an address means, or why there are none: `what` are counted, `module` has them. */
export function within(index: Index, size: number, module: string, what: string): Indices {
  const { from, to } = index === '*' ? { from: 0, to: size } : typeof index === 'number' ? { from: index, to: index + 1 } : index
  if (to > size) {
    const said = typeof index === 'number' ? `${index} is` : `${from}:${to} goes`
    return { error: { message: `${said} beyond the ${size} ${what} of ${module}.`, remedy: size === 1 ? 'The only index is 0.' : `Indices run from 0 to ${size - 1}${typeof index === 'number' ? '' : `; the end of a range may be ${size}`}.` } }
  }
  return { indices: Array.from({ length: to - from }, (_, i) => from + i) }
}

/** Every combination of indices, the last one fastest; a problem where one is out of bounds. */
export function combinations(indices: Index[], sizes: [size: number, what: string][], tensor: string): number[][] | Problem {
  let rows: number[][] = [[]]
  for (const [axis, index] of indices.entries()) {
    const found = within(index, sizes[axis][0], tensor, sizes[axis][1])
    if (found.error)
      return found.error
    rows = rows.flatMap(row => found.indices.map(i => [...row, i]))
  }
  return rows
}

/** @param kind as in `an mlp` */
export function positionless(address: { position?: unknown }, right: string, kind: string): Problem | undefined {
  return address.position === undefined ? undefined : { message: `it gives a position, and ${kind} has no positions.`, remedy: `Leave "@" and what follows it out: ${right}.` }
}

/** Undefined for every position. */
export function spanOf(position: Position | undefined, context: number): { span?: Span, error?: undefined } | { span?: undefined, error: Problem } {
  if (position === undefined)
    return {}
  const span = typeof position === 'number' ? { from: position, to: position + 1 } : position
  if (span.to > context)
    return { error: { message: `${typeof position === 'number' ? `position ${position} is` : `positions ${span.from}:${span.to} go`} beyond the ${context} positions of this transformer.`, remedy: context === 1 ? 'The only position is 0.' : `Positions run from 0 to ${context - 1}.` } }
  return { span }
}

/** `there is no layers.3`, or undefined; `last` is the highest number there is. */
export function numberProblem(stack: string, layer: number, last: number, kind: string): Problem | undefined {
  if (layer <= last)
    return undefined
  return { message: `there is no ${stack}.${layer} in this ${kind}.`, remedy: last === 0 ? `It has ${stack}.0 only.` : `It has ${stack}.0 to ${stack}.${last}.` }
}

/** What an address is of, in words, for a primary that has no such thing. */
export function inWords(address: Address): string {
  switch (address.kind) {
    case 'unit': return address.module.stack === 'mlp' ? 'a unit of a transformer block' : 'a unit of a dense layer'
    case 'channel': return 'a channel of a convolution'
    case 'head': return 'an attention head'
    case 'layer': return { conv: 'a convolution', layers: 'a dense layer', attn: 'a transformer block', mlp: 'a transformer block' }[address.module.stack]
    case 'residual': return 'the residual stream of a transformer'
    case 'direction': return 'a direction in the residual stream of a transformer'
    case 'weight': return { conv: 'a weight of a convolution', layers: 'a weight of a dense layer' }[address.module.stack as string] ?? 'a weight of a transformer'
    case 'edge': return 'such an edge'
    default: return address satisfies never
  }
}
