/** What the screen makes of gates and circuits: places, pictures, facts, questions, curves. */
import type { CnnArchitecture, MlpArchitecture, TransformerArchitecture } from '../../../preload/contract/primary'
import type { Found } from '../../../preload/contract/symbiote'
import { describe, expect, it } from 'vitest'
import { requestSchemas } from '../../../preload/contract/requests'
import { expandSites } from '../../../preload/contract/sweepSites'
import { createCurves } from '../../../renderer/stores/findCurves'
import { likeness, membersOf, overlapOf, sweepAgreement, tagAgreement } from '../../../renderer/stores/findFacts'
import { edgesWithin, lookOfFound, lookOfGates, MOST_WIRES, pictureOf, wireOf } from '../../../renderer/stores/findPicture'
import { candidatesOf } from '../../../renderer/stores/findPlaces'
import { askedLine, commandOf, FIRST_FIND, problemOf, siteKinds } from '../../../renderer/stores/findSetting'

const mlp: MlpArchitecture = { kind: 'mlp', inputs: 4, hidden: [3, 2], outputs: 2, activation: 'relu' }
const cnn: CnnArchitecture = { kind: 'cnn', input: [1, 8, 8], conv: [{ out: 2, kernel: 3, stride: 1 }, { out: 3, kernel: 3, stride: 1 }], hidden: [4], outputs: 2, activation: 'relu' }
const attention: TransformerArchitecture = { kind: 'transformer', layers: 2, dModel: 4, heads: 2, dHead: 2, dMlp: 0, vocab: 5, context: 6, attention: 'causal', norm: 'rms', activation: 'relu', outputs: 'tokens' }

function found(part: Partial<Found> & { sites?: string } = {}): Found {
  const addresses = expandSites('units', mlp)
  return {
    info: { find: 'f', state: 'finished', asked: { sites: 'units', objective: 'sufficient', family: 'free', baseline: 'zero', budget: 'auto', seeds: 2, seed: 1, certificate: 'full' }, task: 't', references: [], phase: 'finished', share: 1, done: 1, total: 1, seconds: 1 },
    addresses,
    score: Float64Array.of(0.9, 0.1, 0.2, 0.95, 0),
    member: Uint8Array.of(1, 0, 0, 1, 0),
    membership: Float32Array.of(1, 0.5, 0, 1, 0),
    gates: Float32Array.of(1, 0, 0, 1.5, 0),
    rivals: [{ seed: 1, members: Int32Array.of(0, 3), kl: 0, accuracyKept: 1 }, { seed: 2, members: Int32Array.of(0, 1, 3), kl: 0, accuracyKept: 1 }],
    history: [],
    certificate: {} as Found['certificate'],
    recorded: false,
    ...part,
  }
}

describe('places', () => {
  it('of units are themselves, of weights the connection, of a layer the sheet', () => {
    const units = candidatesOf('units', mlp)
    expect([[...units.sheet], [...units.place], units.wired]).toEqual([[1, 1, 1, 2, 2], [0, 1, 2, 0, 1], false])
    const weights = candidatesOf(['layers.1.weight[1,2]'], mlp)
    expect([weights.fromSheet[0], weights.from[0], weights.sheet[0], weights.place[0], weights.wired]).toEqual([1, 2, 2, 1, true])
    expect([...candidatesOf('layers', mlp).place]).toEqual([-1, -1])
  })

  it('of a dense layer after convolutions start at the channel they read', () => {
    // Maps of 4 × 4, three of them: the seventeenth place is in the second.
    const { fromSheet, from, sheet } = candidatesOf(['layers.0.weight[0,17]'], cnn)
    expect([fromSheet[0], from[0], sheet[0]]).toEqual([2, 1, 3])
    // A kernel over the picture has no place of its own to start from.
    expect(candidatesOf(['conv.0.weight[1,0]'], cnn).fromSheet[0]).toBe(-1)
  })

  it('of a transformer’s weights are their head, of its edges what they join', () => {
    const weights = candidatesOf('weights', attention)
    expect(weights.wired).toBe(false)
    expect([...new Set([...weights.sheet].map((sheet, i) => `${sheet}.${weights.place[i]}`))]).toEqual(['1.0', '1.1', '2.0', '2.1'])
    const edge = candidatesOf(['blocks.0.attn.head[1] -> blocks.1.attn.head[0].k', 'embed -> unembed'], attention)
    expect([[...edge.fromSheet], [...edge.from], [...edge.sheet], [...edge.place]]).toEqual([[1, 0], [1, 3], [2, 3], [0, 2]])
  })
})

describe('the picture', () => {
  it('shows open gates of a sufficient circuit, and touched ones of the others', () => {
    expect([...lookOfGates(Uint8Array.of(0, 50, 100, 200), 'sufficient').part]).toEqual([0, 0.5, 1, 1])
    const touched = lookOfGates(Uint8Array.of(0, 100, 200), 'necessary')
    expect([[...touched.part], [...touched.hue]]).toEqual([[1, 0, 1], [-1, 0, 1]])
  })

  it('has membership as opacity, or one rival alone, and what is stimulated in amber', () => {
    const { opacity, hue } = pictureOf(candidatesOf('units', mlp), lookOfFound(found()))
    expect(opacity.map(sheet => [...sheet])).toEqual([[1, 1, 1, 1], [1, 0.5, 0], [1, 0], [1, 1]])
    expect([...hue[2]!]).toEqual([0.5, 0])
    expect([...lookOfFound(found(), 1).part]).toEqual([1, 1, 0, 1, 0])
  })

  it('draws the most open connections and counts those it leaves out', () => {
    const wide: MlpArchitecture = { ...mlp, hidden: [100, 100] }
    const candidates = candidatesOf(['layers.1.weight[*,*]'], wide)
    const gates = new Uint8Array(10_000).fill(50)
    gates.fill(100, 0, 40)
    gates.fill(2, 40, 90)
    const { wires, connections, drawn } = pictureOf(candidates, lookOfGates(gates, 'sufficient'))
    expect(connections).toBe(9950)
    expect(Math.abs(drawn - MOST_WIRES)).toBeLessThan(3)
    // All of the open ones, and of the half open ones some from everywhere.
    expect([...wires!.site].filter(site => site < 40)).toHaveLength(40)
    expect(Math.max(...wires!.site)).toBeGreaterThan(9900)
    expect([...wires!.target.subarray(0, 1), ...wires!.layer.subarray(0, 1)]).toEqual([2, 1])
    expect(wireOf(candidates, 105)).toMatchObject({ from: Uint16Array.of(5), to: Uint16Array.of(1), site: Uint32Array.of(105) })
  })

  it('of places that hold many candidates shows how many are part, the fullest solid', () => {
    const candidates = candidatesOf('weights', attention)
    const gates = Uint8Array.from(candidates.addresses, (address, i) => address.startsWith('blocks.0') && candidates.place[i] === 1 ? 100 : candidates.place[i] === 0 && i % 2 ? 100 : 0)
    const { opacity, gathered } = pictureOf(candidates, lookOfGates(gates, 'sufficient'))
    expect(gathered).toBe(true)
    expect([...opacity[1]!]).toEqual([0.5, 1])
    expect([...opacity[2]!]).toEqual([0.5, 0])
  })

  it('keeps of the strongest connections those between what is part', () => {
    const edges = { layer: Uint8Array.of(1, 1), from: Uint16Array.of(0, 2), to: Uint16Array.of(0, 0), weight: Float32Array.of(1, 2), flow: Float32Array.of(1, 2) }
    const { opacity } = pictureOf(candidatesOf('units', mlp), lookOfFound(found()))
    expect([...edgesWithin(edges, opacity).weight]).toEqual([1])
  })
})

describe('facts', () => {
  it('rank members by score', () => {
    expect(membersOf(found()).map(({ address }) => address)).toEqual(['layers.1.unit[0]', 'layers.0.unit[0]'])
    expect(membersOf(found(), true)).toHaveLength(3)
  })

  it('compare circuits, tags and sweeps by what they share', () => {
    expect(overlapOf(new Set(), new Set()).iou).toBe(0)
    expect(likeness(found(), found().rivals[1]!)).toBeCloseTo(2 / 3)
    expect(tagAgreement(found(), ['layers.0.unit[0]', 'layers.0.unit[1]', 'layers.2.unit[0]'])).toEqual({ both: 1, a: 2, b: 2, iou: 1 / 3, outside: 1 })
    const { addresses } = found()
    expect(sweepAgreement(found(), { addresses, mean: Float64Array.of(-3, 2, 0, 0.1, Number.NaN) })).toMatchObject({ both: 1, a: 2, iou: 1 / 3 })
    expect(sweepAgreement(found(), { addresses: ['elsewhere'], mean: Float64Array.of(1) })).toBeUndefined()
  })
})

describe('the question', () => {
  it('offers only kinds the primary has, and asks what the host accepts', () => {
    for (const architecture of [mlp, cnn, attention]) {
      for (const { sites } of siteKinds(architecture)) {
        expect(expandSites(sites, architecture).length).toBeGreaterThan(0)
        expect(requestSchemas.find.safeParse([commandOf({ ...FIRST_FIND, objective: 'steer', budget: 5, dataset: ' folder ' }, sites)]).success).toBe(true)
      }
    }
    expect(commandOf({ ...FIRST_FIND, target: 3 }, 'units')).not.toHaveProperty('target')
    expect(commandOf({ ...FIRST_FIND, budget: 5 }, 'units').budget).toBe(0.05)
  })

  it('says what is missing', () => {
    expect(problemOf(FIRST_FIND, 10)).toBeUndefined()
    expect(problemOf({ ...FIRST_FIND, objective: 'dissociate' }, 10)).toMatch(/reference/)
    expect(problemOf({ ...FIRST_FIND, objective: 'steer', target: 12 }, 10)).toMatch(/0 to 9/)
    expect(askedLine(found().info).replaceAll('\u00A0', ' ')).toBe('sufficient · units · free · 2 seeds · to zero')
  })
})

it('curves stay light however long it trains', () => {
  let at = 0
  const curves = createCurves(() => at += 100)
  for (let step = 0; step < 5000; step++) curves.add({ step, steps: 5000, behaviour: 1, size: 1, pressure: 0 })
  expect(curves.shown.value.points.length).toBeLessThan(450)
  expect(curves.shown.value.points.at(-1)!.step).toBe(4999)
  expect(curves.shown.value.rate).toBeCloseTo(10)
  curves.add({ step: 3, steps: 5000, behaviour: 1, size: 1, pressure: 0 })
  expect(curves.shown.value.points.at(-1)!.step).toBe(4999)
})
