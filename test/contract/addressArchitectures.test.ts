import type { CnnArchitecture, TransformerArchitecture } from '../../preload/contract/primary'
import { describe, expect, it } from 'vitest'
import { resolveAddress, sitesOf } from '../../preload/contract/address'
import { layoutOf } from '../../preload/contract/layout'
import { architectureSchema, featureMaps } from '../../preload/contract/primary'

const transformer: TransformerArchitecture = { kind: 'transformer', layers: 2, dModel: 64, heads: 4, dHead: 16, dMlp: 256, vocab: 65, context: 32, attention: 'causal', norm: 'rms', activation: 'relu', outputs: 'tokens' }
const cnn: CnnArchitecture = { kind: 'cnn', input: [1, 28, 28], conv: [{ out: 8, kernel: 5, stride: 2 }, { out: 16, kernel: 5, stride: 2 }], hidden: [64], outputs: 10, activation: 'relu' }

function refusal(text: string, architecture: CnnArchitecture | TransformerArchitecture): string {
  const { sites, error } = resolveAddress(text, architecture)
  expect(sites, text).toBeUndefined()
  expect(error!.code).toBe('site-unknown')
  return `${error!.message} ${error!.remedy}`
}

describe('in a transformer', () => {
  it.each<[string, object[]]>([
    ['blocks.1.mlp.unit[37]@5', [{ kind: 'unit', module: 'blocks.1.mlp', indices: [37], positions: { from: 5, to: 6 } }]],
    ['blocks.0.mlp.unit[254:256]', [{ kind: 'unit', module: 'blocks.0.mlp', indices: [254, 255] }]],
    ['blocks.1.attn.head[3]', [{ kind: 'head', module: 'blocks.1.attn', indices: [3], part: 'z' }]],
    ['blocks.1.attn.head[*].k@0:2', [{ kind: 'head', module: 'blocks.1.attn', indices: [0, 1, 2, 3], part: 'k', positions: { from: 0, to: 2 } }]],
    ['blocks.0.attn', [{ kind: 'layer', module: 'blocks.0.attn' }]],
    ['blocks.1.mlp@31', [{ kind: 'layer', module: 'blocks.1.mlp', positions: { from: 31, to: 32 } }]],
    ['blocks.1.resid_post@2:7', [{ kind: 'residual', module: 'blocks.1.resid_post', positions: { from: 2, to: 7 } }]],
    ['blocks.1.resid_pre.direction[plural]', [{ kind: 'direction', module: 'blocks.1.resid_pre', name: 'plural' }]],
    ['blocks.0.attn.W_Q[1,3,7]', [{ kind: 'weight', tensor: 'blocks.0.attn.W_Q', indices: [1, 3, 7] }]],
    ['blocks.0.attn.W_O[3,15,63]', [{ kind: 'weight', tensor: 'blocks.0.attn.W_O', indices: [3, 15, 63] }]],
    ['blocks.1.mlp.W_in[0:2,255]', [{ kind: 'weight', tensor: 'blocks.1.mlp.W_in', indices: [0, 255] }, { kind: 'weight', tensor: 'blocks.1.mlp.W_in', indices: [1, 255] }]],
    ['embed.W_E[64,63]', [{ kind: 'weight', tensor: 'embed.W_E', indices: [64, 63] }]],
    ['pos_embed.W_pos[31,0]', [{ kind: 'weight', tensor: 'pos_embed.W_pos', indices: [31, 0] }]],
    ['unembed.W_U[63,64]', [{ kind: 'weight', tensor: 'unembed.W_U', indices: [63, 64] }]],
    ['blocks.0.attn.head[1] -> blocks.1.attn.head[0].k', [{ kind: 'edge', from: { module: 'blocks.0.attn', index: 1 }, to: { module: 'blocks.1.attn', index: 0, part: 'k' } }]],
    ['embed -> blocks.0.attn.head[1].q', [{ kind: 'edge', from: { module: 'embed' }, to: { module: 'blocks.0.attn', index: 1, part: 'q' } }]],
    ['blocks.0.attn.head[1] -> blocks.0.mlp', [{ kind: 'edge', from: { module: 'blocks.0.attn', index: 1 }, to: { module: 'blocks.0.mlp' } }]],
    ['blocks.0.mlp.unit[3] -> blocks.1.mlp.unit[9]', [{ kind: 'edge', from: { module: 'blocks.0.mlp', index: 3 }, to: { module: 'blocks.1.mlp', index: 9 } }]],
    ['blocks.1.attn.head[0] -> unembed', [{ kind: 'edge', from: { module: 'blocks.1.attn', index: 0 }, to: { module: 'unembed' } }]],
    ['embed -> unembed', [{ kind: 'edge', from: { module: 'embed' }, to: { module: 'unembed' } }]],
    ['blocks.0.attn.head[0] -> blocks.1.attn.head[2]', ['q', 'k', 'v'].map(part => ({ kind: 'edge', from: { module: 'blocks.0.attn', index: 0 }, to: { module: 'blocks.1.attn', index: 2, part } }))],
    ['blocks.0.attn.head[0]@3 -> blocks.1.attn.head[2].v@2:5', [{ kind: 'edge', from: { module: 'blocks.0.attn', index: 0 }, to: { module: 'blocks.1.attn', index: 2, part: 'v' }, positions: { from: 3, to: 4 } }]],
  ])('finds %s', (text, sites) => {
    expect(sitesOf(text, transformer)).toEqual(sites)
  })

  it.each([
    ['blocks.2.attn', /no blocks\.2/, /blocks\.0 to blocks\.1/],
    ['blocks.0.attn.head[4]', /4 is beyond the 4 heads/, /0 to 3/],
    ['blocks.0.mlp.unit[256]', /beyond the 256 units/, /0 to 255/],
    ['blocks.0.resid_pre@32', /position 32 is beyond the 32 positions/, /0 to 31/],
    ['blocks.0.resid_pre@30:33', /positions 30:33 go beyond/, /0 to 31/],
    ['blocks.0.attn.W_Q[4,0,0]', /4 is beyond the 4 heads/, /0 to 3/],
    ['blocks.0.attn.W_Q[0,64,0]', /beyond the 64 entries \(model\)/, /0 to 63/],
    ['embed.W_E[65,0]', /beyond the 65 tokens/, /0 to 64/],
    ['layers.0.unit[3]', /is a transformer, and a unit of a dense layer/, /blocks\.0/],
    ['conv.0.weight[0,0]', /is a transformer/, /blocks\.0/],
    ['blocks.1.attn.head[0] -> blocks.0.mlp', /nothing flows backwards/, /later block/],
    ['blocks.0.mlp -> blocks.0.attn.head[0].q', /nothing flows backwards/, /later block/],
    ['blocks.0.attn.head[0]@1 -> blocks.1.mlp@2', /do not meet/, /same position/],
    ['blocks.5.attn.head[0] -> unembed', /no blocks\.5/, /blocks\.1/],
  ])('refuses %s', (text, part, right) => {
    expect(refusal(text, transformer)).toMatch(part)
    expect(refusal(text, transformer)).toMatch(right)
  })

  it('knows when there is no mlp', () => {
    expect(refusal('blocks.0.mlp.unit[0]', { ...transformer, dMlp: 0 })).toMatch(/attention only/)
    expect(refusal('blocks.0.mlp.W_in[0,0]', { ...transformer, dMlp: 0 })).toMatch(/attention only/)
  })
})

describe('in a cnn', () => {
  it.each<[string, object[]]>([
    ['conv.0.channel[3]', [{ kind: 'channel', module: 'conv.0', indices: [3] }]],
    ['conv.1', [{ kind: 'layer', module: 'conv.1' }]],
    ['conv.1.weight[15,7]', [{ kind: 'weight', tensor: 'conv.1.weight', indices: [15, 7] }]],
    ['conv.0.channel[0:2] -> conv.1.channel[3]', [0, 1].map(index => ({ kind: 'edge', from: { module: 'conv.0', index }, to: { module: 'conv.1', index: 3 } }))],
    ['conv.1.channel[2] -> layers.0.unit[5]', [{ kind: 'edge', from: { module: 'conv.1', index: 2 }, to: { module: 'layers.0', index: 5 } }]],
    ['layers.0.unit[63] -> layers.1.unit[9]', [{ kind: 'edge', from: { module: 'layers.0', index: 63 }, to: { module: 'layers.1', index: 9 } }]],
    // Maps of 12 × 12, then of 4 × 4: 256 scalars flattened.
    ['layers.0.weight[63,255]', [{ kind: 'weight', tensor: 'layers.0.weight', indices: [63, 255] }]],
  ])('finds %s', (text, sites) => {
    expect(sitesOf(text, cnn)).toEqual(sites)
  })

  it.each([
    ['conv.2.channel[0]', /no conv\.2/, /conv\.0 to conv\.1/],
    ['conv.0.channel[8]', /beyond the 8 channels/, /0 to 7/],
    ['conv.0.weight[0,1]', /beyond the 1 channels \(in\)/, /only index is 0/],
    ['layers.0.weight[0,256]', /beyond the 256 columns/, /0 to 255/],
    ['conv.0.channel[1]@3', /a cnn has no positions/, /conv\.0\.channel/],
    ['blocks.0.attn', /is a cnn, and a transformer block/, /conv\.0/],
    ['conv.0.channel[1] -> layers.0.unit[0]', /not neighbours/, /conv\.1/],
    ['layers.0.unit[0] -> conv.1.channel[0]', /back to a convolution/, /later channels/],
    ['conv.0 -> conv.1.channel[0]', /whole layer/, /channel\[\*\]/],
  ])('refuses %s', (text, part, right) => {
    expect(refusal(text, cnn)).toMatch(part)
    expect(refusal(text, cnn)).toMatch(right)
  })

  it('computes its maps as PyTorch does: ⌊(n − k)/s⌋ + 1', () => {
    expect(featureMaps(cnn)).toEqual([{ channels: 8, height: 12, width: 12 }, { channels: 16, height: 4, width: 4 }])
  })
})

describe('architectures as JSON', () => {
  it.each<[string, object, boolean]>([
    ['the example of a transformer', { kind: 'transformer', layers: 2, dModel: 64, heads: 2, dHead: 32, dMlp: 0, vocab: 65, context: 64, attention: 'causal', norm: 'rms', activation: 'relu', outputs: 'tokens' }, true],
    ['a classifier', { ...transformer, outputs: { classes: 3, position: 'last' } }, true],
    ['the example of a cnn', { kind: 'cnn', input: [1, 28, 28], conv: [{ out: 8, kernel: 5, stride: 2 }], hidden: [64], outputs: 10, activation: 'relu' }, true],
    ['a kernel larger than its picture', { ...cnn, conv: [{ out: 8, kernel: 5, stride: 4 }, { out: 4, kernel: 9, stride: 1 }] }, false],
    ['an answer at the first position', { ...transformer, outputs: { classes: 3, position: 'first' } }, false],
    ['an unknown norm', { ...transformer, norm: 'batch' }, false],
    ['something nobody asked for', { ...transformer, rotary: true }, false],
  ])('%s', (_, json, right) => {
    expect(architectureSchema.safeParse(json).success).toBe(right)
  })
})

describe('plain sheets', () => {
  it('have a place for every site, none twice, the outputs last', () => {
    for (const [architecture, sizes] of [[transformer, [32, 4, 256, 4, 256, 65]], [{ ...transformer, dMlp: 0 }, [32, 4, 4, 65]], [cnn, [784, 8, 16, 64, 10]]] as const) {
      const { sheets, positions } = layoutOf(architecture)
      expect(sheets.map(sheet => sheet.size)).toEqual(sizes)
      expect(positions.map(place => place.length / 3)).toEqual(sizes)
      const places = positions.flatMap(place => Array.from({ length: place.length / 3 }, (_, i) => place.subarray(3 * i, 3 * i + 3).join()))
      expect(new Set(places).size).toBe(places.length)
      expect(sheets.every((sheet, i) => i === 0 || sheet.x > sheets[i - 1].x)).toBe(true)
    }
  })
})
