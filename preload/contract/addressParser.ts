/** Text to `Address`. Knows the grammar and the tensors of the three architectures, not any one primary's sizes. */
import type { Address, DirectionAddress, EdgeAddress, EdgeEnd, HeadAddress, HeadPart, Index, Module, Parsed, Position, ResidualAddress, Stream, Table, WeightAddress } from './address'

/** Weight tensors that hold sites, and what each of their indices counts. Biases and gains are not sites. */
const TENSORS: Record<(Module | Table)['stack'], Record<string, string[]>> = {
  layers: { weight: ['out', 'in'] },
  conv: { weight: ['out', 'in'] },
  attn: { W_Q: ['head', 'model', 'inner'], W_K: ['head', 'model', 'inner'], W_V: ['head', 'model', 'inner'], W_O: ['head', 'inner', 'model'] },
  mlp: { W_in: ['model', 'unit'], W_out: ['unit', 'model'] },
  embed: { W_E: ['token', 'model'] },
  pos_embed: { W_pos: ['position', 'model'] },
  unembed: { W_U: ['model', 'token'] },
}

const MODULES = '"layers.0", "conv.0", "blocks.0.attn", "blocks.0.mlp", "blocks.0.resid_pre", "blocks.0.resid_post", "embed", "pos_embed" or "unembed"'
const PARTS: readonly string[] = ['q', 'k', 'v', 'z']
const SHOWN = 80

/** Leaves the parser from any depth; never leaves this file. */
class Malformed extends Error {
  readonly remedy: string

  constructor(message: string, remedy: string) {
    super(message)
    this.remedy = remedy
  }
}

/** One step of a path: `unit[12]` is a name with the text between its brackets. */
interface Step {
  name: string
  inside?: string
}

export function parse(text: string): Parsed {
  try {
    return { site: parseWhole(text.trim()) }
  }
  catch (error) {
    if (!(error instanceof Malformed))
      throw error
    return { error: { code: 'site-malformed', message: `Site "${shorten(text)}": ${error.message}`, remedy: error.remedy, path: shorten(text) } }
  }
}

function parseWhole(text: string): Address {
  if (text === '')
    throw new Malformed('the address is empty.', 'Write a site such as layers.0.unit[12].')
  const ends = text.split('->').map(end => end.trim())
  if (ends.length === 1)
    return parseSite(text)
  if (ends.length > 2)
    throw new Malformed(`"->" stands in it ${ends.length - 1} times, and an edge has two ends.`, 'Write one edge per address, as in layers.0.unit[3] -> layers.1.unit[9].')
  return parseEdge(ends[0], ends[1])
}

function parseEdge(source: string, target: string): EdgeAddress {
  for (const [end, side] of [[source, 'left'], [target, 'right']] as const) {
    if (end === '')
      throw new Malformed(`nothing stands ${side} of "->".`, 'Name both ends, as in layers.0.unit[3] -> layers.1.unit[9].')
  }
  const to = target === 'unembed' ? { kind: 'unembed' as const } : asEnd(parseSite(target), target)
  if (to.kind === 'head' && to.part === 'z')
    throw new Malformed(`"${shorten(target)}" ends an edge, and .z is what a head gives out, not what it reads.`, 'End the edge in .q, .k or .v, or in the whole head.')
  if (source === 'embed')
    return { kind: 'edge', from: { kind: 'embed' }, to }
  const from = asEnd(parseSite(source), source)
  if (from.kind === 'head' && from.part !== undefined && from.part !== 'z')
    throw new Malformed(`"${shorten(source)}" begins an edge, and .${from.part} is what a head reads, not what it gives out.`, `Leave .${from.part} out on the left of "->".`)
  return { kind: 'edge', from, to }
}

function asEnd(site: Address, text: string): EdgeEnd {
  if (site.kind === 'unit' || site.kind === 'channel' || site.kind === 'head' || site.kind === 'layer')
    return site
  throw new Malformed(`"${shorten(text)}" is a ${site.kind}, which cannot be an end of an edge.`, 'Join units, channels, heads or layers, as in layers.0.unit[3] -> layers.1.unit[9].')
}

function parseSite(text: string): Address {
  const at = text.indexOf('@')
  const steps = stepsOf(at < 0 ? text : text.slice(0, at))
  const site = parseSteps(steps)
  if (at < 0)
    return site
  if (site.kind === 'weight' || site.kind === 'edge')
    throw new Malformed(`"${shorten(text.slice(at))}" gives a position, and a weight is the same at every position.`, `Leave "${shorten(text.slice(at))}" out.`)
  return { ...site, position: parsePosition(text.slice(at + 1)) }
}

function stepsOf(path: string): Step[] {
  const steps: Step[] = []
  let rest = path
  for (;;) {
    const name = /^[^.[\]]*/.exec(rest)![0]
    if (name.trim() === '')
      throw new Malformed(steps.length === 0 ? `it begins with "${shorten(rest.trim())}", where a module belongs.` : `a name is missing after "${shorten(spell(steps))}".`, `Modules are ${MODULES}.`)
    rest = rest.slice(name.length)
    const step: Step = { name: name.trim() }
    steps.push(step)
    if (rest.startsWith('[')) {
      const close = rest.indexOf(']')
      if (close < 0)
        throw new Malformed(`the bracket after "${step.name}" is not closed.`, `Close it, as in ${step.name}[0].`)
      step.inside = rest.slice(1, close)
      rest = rest.slice(close + 1).trimStart()
    }
    if (rest === '')
      return steps
    if (!rest.startsWith('.'))
      throw new Malformed(`"${shorten(rest)}" cannot follow "${shorten(spell(steps))}".`, 'After it comes the end, a "." with a name, or "@" with a position.')
    rest = rest.slice(1)
  }
}

function parseSteps(steps: Step[]): Address {
  const first = steps[0]
  switch (first.name) {
    case 'layers':
    case 'conv':
      return parseInModule({ stack: first.name, layer: layerOf(steps) }, steps.slice(2))
    case 'blocks':
      return parseInBlock(layerOf(steps), steps)
    case 'embed':
    case 'pos_embed':
    case 'unembed':
      unindexed(first)
      if (steps.length === 1)
        throw new Malformed(`"${first.name}" alone is not a site.`, first.name === 'embed' ? 'Write an edge from it, as in embed -> blocks.0.attn.head[1].q, or one of its weights, embed.W_E[token,model].' : first.name === 'unembed' ? 'Write an edge into it, as in blocks.1.attn.head[0] -> unembed, or one of its weights, unembed.W_U[model,token].' : `Write one of its weights, ${tensorsOf({ stack: first.name })}.`)
      return parseWeight({ stack: first.name }, steps.slice(1))
    case 'input':
      throw new Malformed('"input" is not a site: what a primary is shown is not stimulated.', 'Take the weights that read it, layers.0.weight[out,in].')
    default:
      throw new Malformed(`"${shorten(first.name)}" is not a module.`, `Modules are ${MODULES}.`)
  }
}

function layerOf(steps: Step[]): number {
  const [stack, number] = steps as [Step, Step?]
  unindexed(stack, `${stack.name}.0`)
  if (number === undefined)
    throw new Malformed(`"${stack.name}" lacks the number of its layer.`, `Write ${stack.name}.0, ${stack.name}.1 and so on.`)
  const layer = wholeNumber(number.name, `"${shorten(number.name)}" after "${stack.name}." should be the number of a layer`)
  unindexed(number)
  return layer
}

function parseInBlock(layer: number, steps: Step[]): Address {
  const part = steps[2]
  const right = `Write blocks.${layer}.attn, blocks.${layer}.mlp, blocks.${layer}.resid_pre or blocks.${layer}.resid_post.`
  if (part === undefined)
    throw new Malformed(`"blocks.${layer}" is a whole block, not a site.`, right)
  if (part.name !== 'attn' && part.name !== 'mlp' && part.name !== 'resid_pre' && part.name !== 'resid_post')
    throw new Malformed(`"${shorten(part.name)}" is not a part of a block that holds sites.`, right)
  unindexed(part)
  return part.name === 'attn' || part.name === 'mlp'
    ? parseInModule({ stack: part.name, layer }, steps.slice(3))
    : parseInStream(layer, part.name, steps.slice(3))
}

function parseInStream(layer: number, stream: Stream, steps: Step[]): ResidualAddress | DirectionAddress {
  const [step, extra] = steps
  const here = `blocks.${layer}.${stream}`
  if (step === undefined)
    return { kind: 'residual', layer, stream }
  if (step.name !== 'direction' || extra !== undefined)
    throw new Malformed(`"${shorten(spell(steps))}" is not a site of the residual stream.`, `Write ${here}, or ${here}.direction[name].`)
  const name = step.inside?.trim() ?? ''
  if (!/^[\p{L}\p{N}_.-]{1,64}$/u.test(name))
    throw new Malformed(name === '' ? '"direction" lacks its name.' : `"${shorten(name)}" is not the name of a direction.`, 'Names are 1 to 64 letters, digits, "_", "-" and ".", as in direction[plural].')
  return { kind: 'direction', layer, stream, name }
}

function parseInModule(module: Module, steps: Step[]): Address {
  const [step, ...after] = steps
  if (step === undefined)
    return { kind: 'layer', module }
  const { stack, layer } = module
  const what = { layers: 'unit', mlp: 'unit', conv: 'channel', attn: 'head' }[stack]
  if (step.name !== what)
    return parseWeight(module, steps)
  const [index] = indicesOf(step, [what]) as [Index]
  if (stack === 'attn')
    return { kind: 'head', module: { stack, layer }, index, ...headPart(after) }
  nothingAfter(after, step)
  return stack === 'conv'
    ? { kind: 'channel', module: { stack, layer }, index }
    : { kind: 'unit', module: { stack, layer }, index }
}

function headPart(steps: Step[]): Pick<HeadAddress, 'part'> {
  const [part, ...after] = steps
  if (part === undefined)
    return {}
  if (!PARTS.includes(part.name))
    throw new Malformed(`"${shorten(part.name)}" is not a part of a head.`, 'Parts are .q, .k, .v (what it reads) and .z (what it gives out).')
  unindexed(part)
  nothingAfter(after, part)
  return { part: part.name as HeadPart }
}

function parseWeight(module: Module | Table, steps: Step[]): WeightAddress {
  const [step, ...after] = steps as [Step, ...Step[]]
  const tensors = TENSORS[module.stack]
  if (!Object.hasOwn(tensors, step.name))
    throw new Malformed(notHere(module, step.name), `There are ${choicesOf(module)}.`)
  const indices = indicesOf(step, tensors[step.name])
  nothingAfter(after, step)
  return { kind: 'weight', module, tensor: step.name, indices }
}

function notHere(module: Module | Table, name: string): string {
  if (name === 'bias' || /^b_\w+$/.test(name))
    return `"${shorten(name)}" is a bias, and biases are not sites.`
  return `"${shorten(name)}" is nothing that ${{ layers: 'a dense layer', conv: 'a convolution', attn: 'attention', mlp: 'a block\'s mlp', embed: 'the embedding', pos_embed: 'the position embedding', unembed: 'the unembedding' }[module.stack]} has.`
}

function choicesOf(module: Module | Table): string {
  const own = { layers: 'unit[12], ', mlp: 'unit[37], ', conv: 'channel[3], ', attn: 'head[0], ', embed: '', pos_embed: '', unembed: '' }[module.stack]
  return own + tensorsOf(module)
}

function tensorsOf(module: Module | Table): string {
  return Object.entries(TENSORS[module.stack]).map(([name, counts]) => `${name}[${counts.join(',')}]`).join(', ')
}

function indicesOf(step: Step, counts: string[]): Index[] {
  const right = `${step.name}[${counts.map(() => '0').join(',')}]`
  if (step.inside === undefined)
    throw new Malformed(`"${step.name}" lacks its ${counts.length === 1 ? 'index' : 'indices'}.`, `Write ${right}, or [*] for all of them.`.replace('[*]', `[${counts.map(() => '*').join(',')}]`))
  const indices = step.inside.split(',')
  if (indices.length !== counts.length)
    throw new Malformed(`"${step.name}[${shorten(step.inside)}]" has ${indices.length} ${indices.length === 1 ? 'index' : 'indices'}, ${counts.length} (${counts.join(', ')}) belong there.`, `Write ${right}.`)
  return indices.map((text, i) => parseIndex(text.trim(), `index "${shorten(text.trim())}" (${counts[i]}) of "${step.name}"`))
}

function parseIndex(text: string, where: string): Index {
  if (text === '*')
    return '*'
  return parseSpan(text, where, ', or * for all')
}

function parsePosition(text: string): Position {
  const trimmed = text.trim()
  if (trimmed === '*')
    throw new Malformed('"@*" means what no "@" means, every position.', 'Leave "@*" out.')
  return parseSpan(trimmed, `position "${shorten(trimmed)}"`, '')
}

function parseSpan(text: string, where: string, more: string): Position {
  const bounds = text.split(':')
  const expected = `a whole number from 0, a range such as 0:16${more}`
  if (bounds.length === 1)
    return wholeNumber(text, `${where} should be ${expected}`)
  if (bounds.length > 2)
    throw new Malformed(`${where} has ${bounds.length - 1} colons.`, 'A range is from:to, the end not included, as in 0:16.')
  const from = wholeNumber(bounds[0].trim(), `the start of ${where} should be ${expected}`)
  const to = wholeNumber(bounds[1].trim(), `the end of ${where} should be ${expected}`)
  if (from >= to)
    throw new Malformed(`${where} names nothing, because a range ends before its second number.`, `Write ${from}:${from + 1} for one, ${from}:${from + 2} for two.`)
  return { from, to }
}

function wholeNumber(text: string, complaint: string): number {
  if (/^(?:0|[1-9]\d{0,8})$/.test(text))
    return Number(text)
  const remedy = /^-\d+$/.test(text)
    ? 'Count from 0; there are no negative ones.'
    : /^0\d+$/.test(text)
      ? `Write it without leading zeros: ${shorten(text.replace(/^0+(?=\d)/, ''))}.`
      : /^\d+$/.test(text) ? 'Write a number below 1000000000.' : 'Write a number such as 12.'
  throw new Malformed(`${complaint}.`, remedy)
}

function unindexed(step: Step, right = step.name): void {
  if (step.inside !== undefined)
    throw new Malformed(`"${shorten(spell([step]))}" takes no brackets.`, `Write ${shorten(right)}.`)
}

function nothingAfter(steps: Step[], last: Step): void {
  if (steps.length > 0)
    throw new Malformed(`"${shorten(`.${spell(steps)}`)}" cannot follow "${shorten(spell([last]))}".`, `End the address after "${shorten(spell([last]))}", or add "@" with a position.`)
}

function spell(steps: Step[]): string {
  return steps.map(step => step.inside === undefined ? step.name : `${step.name}[${step.inside}]`).join('.')
}

/** A message stays readable whatever was pasted into the field. */
function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`
}
