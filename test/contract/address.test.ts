import type { Address, EdgeEnd, Index, Position } from '../../preload/contract/address'
import type { MlpArchitecture } from '../../preload/contract/primary'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress, resolveAddress, sitesOf } from '../../preload/contract/address'
import { UserError } from '../../preload/contract/errors'

const digits: MlpArchitecture = { kind: 'mlp', inputs: 784, hidden: [256, 128], outputs: 10, activation: 'relu' }

const number = fc.nat({ max: 999_999_999 })
const range = fc.tuple(fc.nat({ max: 5000 }), fc.integer({ min: 1, max: 5000 })).map(([from, n]) => ({ from, to: from + n }))
const index: fc.Arbitrary<Index> = fc.oneof(number, range, fc.constant('*' as const))
const position = fc.oneof(fc.constant({}), fc.oneof<fc.Arbitrary<Position>[]>(number, range).map(position => ({ position })))
const moduleOf = <S extends string>(stack: S): fc.Arbitrary<{ stack: S, layer: number }> => number.map(layer => ({ stack, layer }))
const stream = fc.constantFrom('resid_pre' as const, 'resid_post' as const)
const directionName = fc.string({ unit: fc.constantFrom(...'abzAZ019_.-é'), minLength: 1, maxLength: 64 })

const unit = fc.tuple(fc.oneof(moduleOf('layers'), moduleOf('mlp')), index, position).map(([module, index, at]) => ({ kind: 'unit' as const, module, index, ...at }))
const channel = fc.tuple(moduleOf('conv'), index, position).map(([module, index, at]) => ({ kind: 'channel' as const, module, index, ...at }))
const layer = fc.tuple(fc.oneof(moduleOf('layers'), moduleOf('conv'), moduleOf('attn'), moduleOf('mlp')), position).map(([module, at]) => ({ kind: 'layer' as const, module, ...at }))
const headWith = (...parts: ('q' | 'k' | 'v' | 'z')[]) =>
  fc.tuple(moduleOf('attn'), index, fc.oneof(fc.constant({}), fc.constantFrom(...parts).map(part => ({ part }))), position)
    .map(([module, index, part, at]) => ({ kind: 'head' as const, module, index, ...part, ...at }))
const weight = fc.constantFrom(
  ['layers', 'weight', 2],
  ['conv', 'weight', 2],
  ['attn', 'W_Q', 3],
  ['attn', 'W_O', 3],
  ['mlp', 'W_in', 2],
  ['mlp', 'W_out', 2],
  ['embed', 'W_E', 2],
  ['pos_embed', 'W_pos', 2],
  ['unembed', 'W_U', 2],
).chain(([stack, tensor, rank]) => fc.tuple(number, fc.array(index, { minLength: rank as number, maxLength: rank as number })).map(([layer, indices]) => ({
  kind: 'weight',
  module: ['layers', 'conv', 'attn', 'mlp'].includes(stack as string) ? { stack, layer } : { stack },
  tensor,
  indices,
}) as Address))
const residual = fc.tuple(number, stream, position).map(([layer, stream, at]) => ({ kind: 'residual' as const, layer, stream, ...at }))
const direction = fc.tuple(number, stream, directionName, position).map(([layer, stream, name, at]) => ({ kind: 'direction' as const, layer, stream, name, ...at }))
const writer: fc.Arbitrary<EdgeEnd> = fc.oneof(unit, channel, layer, headWith('z'))
const reader: fc.Arbitrary<EdgeEnd> = fc.oneof(unit, channel, layer, headWith('q', 'k', 'v'))
const edge = fc.tuple(fc.oneof(writer, fc.constant({ kind: 'embed' as const })), reader).map(([from, to]) => ({ kind: 'edge' as const, from, to }))
const address: fc.Arbitrary<Address> = fc.oneof(unit, channel, layer, headWith('q', 'k', 'v', 'z'), weight, residual, direction, edge)

/** Text near the grammar, which reaches deeper into the parser than arbitrary text does. */
const nearly = fc.array(fc.constantFrom('layers', 'conv', 'blocks', 'attn', 'mlp', 'unit', 'head', 'weight', 'W_Q', 'embed', 'resid_pre', 'direction', '.', '.', '[', ']', ',', ':', '*', '@', '->', ' ', '0', '1', '12', '-1', 'q', 'z', '__proto__', 'constructor'), { maxLength: 14 }).map(parts => parts.join(''))

function complaint(text: string): string {
  const { site, error } = parseAddress(text)
  expect(site, text).toBeUndefined()
  expect(error!.code).toBe('site-malformed')
  return `${error!.message} ${error!.remedy}`
}

function refusal(text: string, architecture = digits): string {
  const { sites, error } = resolveAddress(text, architecture)
  expect(sites, text).toBeUndefined()
  expect(error!.code).toBe('site-unknown')
  expect(error!.path).toBe(text)
  return `${error!.message} ${error!.remedy}`
}

describe('every example of the design', () => {
  it.each<[string, Address]>([
    ['layers.0.unit[12]', { kind: 'unit', module: { stack: 'layers', layer: 0 }, index: 12 }],
    ['blocks.1.mlp.unit[37]', { kind: 'unit', module: { stack: 'mlp', layer: 1 }, index: 37 }],
    ['blocks.1.mlp.unit[37]@5', { kind: 'unit', module: { stack: 'mlp', layer: 1 }, index: 37, position: 5 }],
    ['conv.0.channel[3]', { kind: 'channel', module: { stack: 'conv', layer: 0 }, index: 3 }],
    ['layers.0.weight[12,45]', { kind: 'weight', module: { stack: 'layers', layer: 0 }, tensor: 'weight', indices: [12, 45] }],
    ['blocks.0.attn.W_Q[1,3,7]', { kind: 'weight', module: { stack: 'attn', layer: 0 }, tensor: 'W_Q', indices: [1, 3, 7] }],
    ['conv.0.weight[3,1]', { kind: 'weight', module: { stack: 'conv', layer: 0 }, tensor: 'weight', indices: [3, 1] }],
    ['blocks.1.attn.head[0]', { kind: 'head', module: { stack: 'attn', layer: 1 }, index: 0 }],
    ['blocks.1.attn.head[0].k', { kind: 'head', module: { stack: 'attn', layer: 1 }, index: 0, part: 'k' }],
    ['layers.1', { kind: 'layer', module: { stack: 'layers', layer: 1 } }],
    ['blocks.0.attn', { kind: 'layer', module: { stack: 'attn', layer: 0 } }],
    ['blocks.0.mlp', { kind: 'layer', module: { stack: 'mlp', layer: 0 } }],
    ['blocks.1.resid_pre', { kind: 'residual', layer: 1, stream: 'resid_pre' }],
    ['blocks.1.resid_post@2:7', { kind: 'residual', layer: 1, stream: 'resid_post', position: { from: 2, to: 7 } }],
    ['blocks.1.resid_post.direction[plural]', { kind: 'direction', layer: 1, stream: 'resid_post', name: 'plural' }],
    ['blocks.0.attn.head[1] -> blocks.1.attn.head[0].k', {
      kind: 'edge',
      from: { kind: 'head', module: { stack: 'attn', layer: 0 }, index: 1 },
      to: { kind: 'head', module: { stack: 'attn', layer: 1 }, index: 0, part: 'k' },
    }],
    ['layers.0.unit[3] -> layers.1.unit[9]', {
      kind: 'edge',
      from: { kind: 'unit', module: { stack: 'layers', layer: 0 }, index: 3 },
      to: { kind: 'unit', module: { stack: 'layers', layer: 1 }, index: 9 },
    }],
    ['embed -> blocks.0.attn.head[1].q', { kind: 'edge', from: { kind: 'embed' }, to: { kind: 'head', module: { stack: 'attn', layer: 0 }, index: 1, part: 'q' } }],
    ['layers.0.unit[0:16]', { kind: 'unit', module: { stack: 'layers', layer: 0 }, index: { from: 0, to: 16 } }],
    ['layers.0.unit[*]', { kind: 'unit', module: { stack: 'layers', layer: 0 }, index: '*' }],
  ])('%s', (text, expected) => {
    expect(parseAddress(text)).toEqual({ site: expected })
    expect(formatAddress(expected)).toBe(text)
  })

  it('accepts spaces and spells without them', () => {
    const { site } = parseAddress('  layers.0.weight[ 12 , 0 : 4 ]  ')
    expect(formatAddress(site!)).toBe('layers.0.weight[12,0:4]')
    expect(formatAddress(parseAddress('embed->blocks.0.mlp').site!)).toBe('embed -> blocks.0.mlp')
  })
})

describe('totality', () => {
  it('reads back what it writes', () => {
    fc.assert(fc.property(address, (site) => {
      expect(parseAddress(formatAddress(site))).toEqual({ site })
    }), { numRuns: 2000 })
  })

  it('gives an address or an error for any text, and one spelling per address', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), nearly), (text) => {
      const { site, error } = parseAddress(text)
      if (error) {
        expect(error.message).not.toBe('')
        expect(error.remedy).not.toBe('')
        return
      }
      const spelt = formatAddress(site)
      expect(parseAddress(spelt)).toEqual({ site })
    }), { numRuns: 5000 })
  })

  it('stays short and quick however long the text is', () => {
    for (const long of ['.'.repeat(1e6), `layers.0.unit[${'9'.repeat(1e6)}]`, `layers.${'0'.repeat(1e6)}`, '['.repeat(1e6), '->'.repeat(1e5), `layers.0${'.unit[1]'.repeat(1e5)}`])
      expect(complaint(long).length).toBeLessThan(1000)
  })
})

describe('errors name the part and what would be right there', () => {
  it.each([
    ['', /empty/, /layers\.0\.unit\[12\]/],
    ['layer.0.unit[1]', /"layer" is not a module/, /"layers\.0"/],
    ['layers', /"layers" lacks the number/, /layers\.0/],
    ['layers.x.unit[1]', /"x" after "layers\."/, /number such as 12/],
    ['layers.0.unit', /"unit" lacks its index/, /unit\[0\]/],
    ['layers.0.unit[]', /index "" \(unit\)/, /number such as 12/],
    ['layers.0.unit[-1]', /index "-1" \(unit\)/, /Count from 0/],
    ['layers.0.unit[012]', /"012"/, /without leading zeros: 12\./],
    ['layers.0.unit[1.5]', /"1\.5"/, /whole number from 0|number such as/],
    ['layers.0.unit[1,2]', /has 2 indices, 1 \(unit\)/, /unit\[0\]/],
    ['layers.0.unit[5:5]', /"5:5".*names nothing/, /5:6/],
    ['layers.0.unit[:5]', /the start of index ":5"/, /such as 0:16/],
    ['layers.0.unit[1', /bracket after "unit" is not closed/, /unit\[0\]/],
    ['layers.0.unit[1]x', /"x" cannot follow "layers\.0\.unit\[1\]"/, /"@"/],
    ['layers.0.unit[1].q', /"\.q" cannot follow "unit\[1\]"/, /End the address/],
    ['layers.0.weight[3]', /1 index, 2 \(out, in\)/, /weight\[0,0\]/],
    ['layers.0.weight[3,4]@2', /"@2" gives a position/, /Leave "@2" out/],
    ['layers.0.bias[3]', /"bias" is a bias/, /unit\[12\]/],
    ['layers.0.head[3]', /"head" is nothing that a dense layer has/, /weight\[out,in\]/],
    ['layers.0.constructor[1,2]', /"constructor" is nothing/, /unit\[12\]/],
    ['conv.0.unit[3]', /"unit" is nothing that a convolution has/, /channel\[3\]/],
    ['conv.0.weight[3,1,0,0]', /4 indices, 2/, /weight\[0,0\]/],
    ['blocks.0', /a whole block/, /blocks\.0\.attn/],
    ['blocks.0.ln1', /"ln1" is not a part of a block/, /resid_pre/],
    ['blocks.0.attn.W_Q[1,2]', /2 indices, 3 \(head, model, inner\)/, /W_Q\[0,0,0\]/],
    ['blocks.0.attn.head[1].o', /"o" is not a part of a head/, /\.q, \.k, \.v/],
    ['blocks.0.resid_post.unit[1]', /"unit\[1\]" is not a site of the residual stream/, /direction\[name\]/],
    ['blocks.0.resid_post.direction[]', /lacks its name/, /direction\[plural\]/],
    ['blocks.0.mlp@*', /"@\*"/, /Leave "@\*" out/],
    ['blocks.0.mlp@x', /position "x"/, /number such as 12/],
    ['embed', /"embed" alone/, /embed -> /],
    ['input.unit[3]', /"input" is not a site/, /layers\.0\.weight/],
    ['layers.0.unit[1] ->', /nothing stands right of "->"/, /both ends/],
    ['a -> b -> c', /2 times/, /one edge per address/],
    ['layers.0.unit[1] -> layers.1.weight[1,2]', /"layers\.1\.weight\[1,2\]" is a weight/, /Join units/],
    ['blocks.0.attn.head[1].q -> blocks.1.mlp', /"blocks\.0\.attn\.head\[1\]\.q" begins an edge/, /Leave \.q out/],
    ['blocks.0.mlp -> blocks.1.attn.head[0].z', /\.z is what a head gives out/, /\.q, \.k or \.v/],
  ])('%s', (text, part, right) => {
    expect(complaint(text)).toMatch(part)
    expect(complaint(text)).toMatch(right)
  })
})

describe('in an mlp', () => {
  it('finds units, ranges of them and whole layers', () => {
    expect(sitesOf('layers.0.unit[255]', digits)).toEqual([{ kind: 'unit', module: 'layers.0', indices: [255] }])
    expect(sitesOf('layers.2.unit[*]', digits)).toEqual([{ kind: 'unit', module: 'layers.2', indices: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }])
    expect(sitesOf('layers.1.unit[126:128]', digits)).toEqual([{ kind: 'unit', module: 'layers.1', indices: [126, 127] }])
    expect(sitesOf('layers.2', digits)).toEqual([{ kind: 'layer', module: 'layers.2' }])
  })

  it('finds weights as out and in of each layer', () => {
    expect(sitesOf('layers.0.weight[255,783]', digits)).toEqual([{ kind: 'weight', tensor: 'layers.0.weight', indices: [255, 783] }])
    expect(sitesOf('layers.2.weight[8:10,0:2]', digits)).toEqual([
      { kind: 'weight', tensor: 'layers.2.weight', indices: [8, 0] },
      { kind: 'weight', tensor: 'layers.2.weight', indices: [8, 1] },
      { kind: 'weight', tensor: 'layers.2.weight', indices: [9, 0] },
      { kind: 'weight', tensor: 'layers.2.weight', indices: [9, 1] },
    ])
    expect(sitesOf('layers.0.weight[*,*]', digits)).toHaveLength(256 * 784)
  })

  it('finds edges between neighbours, each source with each reader', () => {
    expect(sitesOf('layers.0.unit[3] -> layers.1.unit[9]', digits)).toEqual([{ kind: 'edge', from: { module: 'layers.0', index: 3 }, to: { module: 'layers.1', index: 9 } }])
    expect(sitesOf('layers.1.unit[0:2] -> layers.2.unit[*]', digits)).toHaveLength(20)
  })

  it.each([
    ['layers.3.unit[0]', /no layers\.3/, /layers\.0 to layers\.2/],
    ['layers.0.unit[256]', /256 is beyond the 256 units of layers\.0/, /0 to 255/],
    ['layers.0.unit[250:257]', /250:257 goes beyond the 256/, /may be 256/],
    ['layers.0.weight[256,0]', /256 is beyond the 256 rows \(out\)/, /0 to 255/],
    ['layers.0.weight[0,784]', /784 is beyond the 784 columns \(in\)/, /0 to 783/],
    ['layers.1.weight[0,256]', /256 columns/, /0 to 255/],
    ['layers.0.unit[3]@5', /an mlp has no positions/, /layers\.0\.unit\[…\]/],
    ['layers.1@5', /an mlp has no positions/, /layers\.1/],
    ['layers.0.unit[3] -> layers.2.unit[9]', /not neighbours/, /layers\.1\.unit/],
    ['layers.2.unit[3] -> layers.1.unit[9]', /not neighbours/, /layers\.2 is the last; begin at layers\.1/],
    ['layers.0 -> layers.1.unit[9]', /layers\.0 is a whole layer/, /layers\.0\.unit\[\*\]/],
    ['layers.0.unit[3] -> layers.1.unit[128]', /beyond the 128 units of layers\.1/, /0 to 127/],
    ['embed -> layers.0.unit[1]', /no embedding/, /layers\.0\.weight/],
    ['conv.0.channel[3]', /this primary is an mlp.*channel/, /layers\.0\.unit/],
    ['conv.0', /this primary is an mlp.*convolution/, /layers\.0\.unit/],
    ['conv.0.weight[0,0]', /this primary is an mlp/, /layers\.0\.weight/],
    ['blocks.0.attn.head[1]', /this primary is an mlp.*head/, /layers\.0\.unit/],
    ['blocks.0.mlp.unit[1]', /this primary is an mlp/, /layers\.0\.unit/],
    ['blocks.0.attn.head[0] -> layers.0.unit[1]', /this primary is an mlp/, /layers\.0\.unit/],
    ['blocks.0.resid_post.direction[plural]', /this primary is an mlp.*direction/, /layers\.0\.unit/],
    ['blocks.0.resid_pre', /this primary is an mlp.*residual/, /layers\.0\.unit/],
    ['embed.W_E[1,2]', /this primary is an mlp/, /layers\.0\.weight/],
  ])('refuses %s', (text, part, right) => {
    expect(refusal(text)).toMatch(part)
    expect(refusal(text)).toMatch(right)
  })

  it('names no layer that an mlp without hidden layers lacks', () => {
    const single: MlpArchitecture = { ...digits, hidden: [] }
    expect(sitesOf('layers.0.unit[9]', single)).toEqual([{ kind: 'unit', module: 'layers.0', indices: [9] }])
    for (const text of ['layers.1', 'layers.0.unit[1] -> layers.0.unit[2]', 'blocks.0.attn'])
      expect(refusal(text, single)).not.toMatch(/layers\.1\.|to layers/)
  })

  it('gives sites or an error for any address, and only sites that exist', () => {
    const small: MlpArchitecture = { kind: 'mlp', inputs: 3, hidden: [4, 2], outputs: 5, activation: 'tanh' }
    const widths = [3, 4, 2, 5]
    fc.assert(fc.property(fc.oneof(address, nearly.map(t => `layers.${t}`), fc.tuple(fc.nat(4), fc.nat(6), fc.nat(6)).map(([l, o, i]) => `layers.${l}.weight[${o},${i}]`)), (text) => {
      const { sites, error } = resolveAddress(text, small)
      if (error)
        return
      for (const site of sites) {
        if (site.kind === 'unit')
          expect(Math.max(...site.indices)).toBeLessThan(widths[Number(site.module.split('.')[1]) + 1])
        if (site.kind === 'weight') {
          const layer = Number(site.tensor.split('.')[1])
          expect(site.indices[0]).toBeLessThan(widths[layer + 1])
          expect(site.indices[1]).toBeLessThan(widths[layer])
        }
      }
    }), { numRuns: 2000 })
  })

  it('throws the same error where there is nowhere to show it', () => {
    expect(() => sitesOf('layers.9', digits)).toThrow(UserError)
  })
})
