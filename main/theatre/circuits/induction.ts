/**
 * The induction circuit: a head of the first layer that looks at the token before, and heads of a later layer that, through
 * their keys, find what followed the present token earlier (Olsson et al. 2022). Looked for in attention, proven by ablation.
 */
import type { EngineFunctions, Tensor } from '../../../preload/contract/engine'
import type { Baseline, Intervention } from '../../../preload/contract/intervention'
import type { TransformerArchitecture } from '../../../preload/contract/primary'
import type { PatientOnTable } from '../patient'
import type { CircuitCheck, Condition } from './circuit'
import { accuracies, percent, verdict } from './circuit'

/** A layer-1 head counts as an induction head from here on; the best must reach `GOOD_PREFIX`. */
const PREFIX = 0.5
const GOOD_PREFIX = 0.8
const PREVIOUS = 0.3
/** A behaviour is dead when less than half of it is left, in every one of the ablations. */
const DEAD = 0.5
/**
 * Heads outside the circuit do not matter: each by itself takes away less than a twentieth of the behaviour, all together less
 * than a tenth, whatever they are replaced by. Trained for 700 steps only, a first-layer head that attends to no place in
 * particular still carries a third of it.
 */
const KEPT_WITHOUT_ONE = 0.95
const KEPT_WITHOUT_ALL = 0.9
const BASELINES = { mean: 'mean', zero: 'zero', resample: { resample: 1 } } as const
/** Items whose attention is looked at. */
const LOOKED_AT = 128

export interface HeadScore {
  layer: number
  head: number
  /** Attention paid to what followed earlier occurrences of the present token, mean over the positions that count. */
  prefix: number
  /** Attention paid to the token before, mean over all positions but the first. */
  previous: number
}

export async function checkInduction(engine: EngineFunctions, patient: PatientOnTable, architecture: TransformerArchitecture): Promise<CircuitCheck> {
  const heads = await headScores(engine, patient, architecture)
  const previous = heads.filter(head => head.layer === 0 && head.previous >= PREVIOUS)
  const induction = heads.filter(head => head.layer > 0 && head.prefix >= PREFIX)
  const others = heads.filter(head => !previous.includes(head) && !induction.includes(head))
  const best = Math.max(...heads.filter(head => head.layer > 0).map(head => head.prefix), 0)
  const bestPrevious = Math.max(...heads.filter(head => head.layer === 0).map(head => head.previous))

  const { before } = await accuracies(engine, patient, [])
  const without = async (interventions: Intervention[]): Promise<number> => interventions.length === 0 ? before : (await accuracies(engine, patient, interventions)).after
  const ablated = (some: HeadScore[], baseline?: Baseline): Intervention[] => some.map(head => gone(address(head), baseline))
  const edges = (part: 'q' | 'k' | 'v'): Intervention[] => previous.flatMap(from => induction.map(to => gone(`${address(from)} -> ${address(to)}.${part}`)))
  const [noPrevious, noInduction] = [await without(ablated(previous)), await without(ablated(induction))]
  const [noKeys, noQueries, noValues] = [await without(edges('k')), await without(edges('q')), await without(edges('v'))]
  const each: Record<string, number> = {}
  for (const head of heads) each[address(head)] = await without(ablated([head]))
  const noOthers: Record<string, number> = {}
  for (const [name, baseline] of Object.entries(BASELINES)) noOthers[name] = await without(ablated(others, baseline))

  return verdict({
    accuracy: before,
    prefix: best,
    previousToken: bestPrevious,
    inductionHeads: induction.length,
    accuracyWithoutPreviousTokenHeads: noPrevious,
    accuracyWithoutInductionHeads: noInduction,
    ...prefixed('accuracyWithoutOtherHeads', noOthers),
    accuracyWithoutKeyEdges: noKeys,
    accuracyWithoutQueryEdges: noQueries,
    accuracyWithoutValueEdges: noValues,
    ...Object.fromEntries(heads.flatMap(head => [[`prefix/${address(head)}`, head.prefix], [`previousToken/${address(head)}`, head.previous]])),
    ...prefixed('accuracyWithout', each),
  }, [
    { holds: before >= 0.9, text: `copies ${percent(before)} of the tokens that can be copied (at least 90 %)` },
    { holds: best >= GOOD_PREFIX, text: `a later head pays ${percent(best)} of its attention to what followed before (prefix score, at least 80 %): ${names(induction)}` },
    { holds: previous.length > 0, text: `a first-layer head pays ${percent(bestPrevious)} of its attention to the token before (at least 30 %): ${names(previous)}` },
    { holds: noPrevious < DEAD * before, text: `without the previous-token head it copies ${percent(noPrevious)} (mean ablation; under half of the above)` },
    { holds: noInduction < DEAD * before, text: `without the induction heads it copies ${percent(noInduction)} (under half)` },
    { holds: noKeys < DEAD * before, text: `with only the edges from the one into the keys of the others cut it copies ${percent(noKeys)}; queries cut ${percent(noQueries)}, values cut ${percent(noValues)}` },
    ...othersDoNotMatter(before, Object.fromEntries(others.map(head => [address(head), each[address(head)]])), noOthers),
  ])
}

/**
 * @param alone accuracy without each of the other heads
 * @param together accuracy without all of them, by baseline
 */
export function othersDoNotMatter(before: number, alone: Record<string, number>, together: Record<string, number>): Condition[] {
  const [least, all] = [Math.min(before, ...Object.values(alone)), Math.min(...Object.values(together))]
  return [
    { holds: least >= KEPT_WITHOUT_ONE * before, text: Object.keys(alone).length === 0 ? 'there are no other heads' : `without one of the other heads it still copies ${Object.entries(alone).map(([head, accuracy]) => `${percent(accuracy)} (${head})`).join(', ')} (mean ablation; at least 95 % of the above)` },
    { holds: all >= KEPT_WITHOUT_ALL * before, text: `without all of them it still copies ${Object.entries(together).map(([baseline, accuracy]) => `${percent(accuracy)} (${baseline} ablation)`).join(', ')} (at least 90 % of the above)` },
  ]
}

function prefixed(name: string, scores: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(scores).map(([what, score]) => [`${name}/${what}`, score]))
}

/** Of every head, over the patient's first items. */
export async function headScores(engine: EngineFunctions, { loaded: { items } }: PatientOnTable, { layers }: TransformerArchitecture): Promise<HeadScore[]> {
  const names = Array.from({ length: layers }, (_, l) => `blocks.${l}.attn.pattern`)
  const rows = Int32Array.from({ length: Math.min(LOOKED_AT, items.inputs.shape[0]) }, (_, i) => i)
  const patterns = await engine.observe({ names, items: rows })
  return names.flatMap((name, layer) => scoresOf(patterns[name], items.inputs, items.mask ?? new Float32Array(items.targets.length).fill(1)).map((score, head) => ({ layer, head, ...score })))
}

/** @param pattern [items, heads, query, key] of the first items of `inputs` and `mask` */
export function scoresOf({ shape: [items, heads, positions], data: attention }: Tensor, { data: tokens }: Tensor, mask: ArrayLike<number>): { prefix: number, previous: number }[] {
  return Array.from({ length: heads }, (_, head) => {
    let [prefix, counted, previous] = [0, 0, 0]
    for (let item = 0; item < items; item++) {
      const row = (query: number): number => ((item * heads + head) * positions + query) * positions
      const token = (at: number): number => tokens[item * positions + at]
      for (let query = 1; query < positions; query++) {
        previous += attention[row(query) + query - 1]
        if (mask[item * positions + query] === 0) continue
        counted++
        for (let key = 1; key <= query; key++) {
          if (token(key - 1) === token(query)) prefix += attention[row(query) + key]
        }
      }
    }
    return { prefix: counted === 0 ? 0 : prefix / counted, previous: previous / items / (positions - 1) }
  })
}

function gone(site: string, baseline: Baseline = 'mean'): Intervention {
  return { site, op: 'gate', strength: 0, baseline }
}

function address({ layer, head }: HeadScore): string {
  return `blocks.${layer}.attn.head[${head}]`
}

function names(heads: HeadScore[]): string {
  return heads.length === 0 ? 'none' : heads.map(address).join(', ')
}
