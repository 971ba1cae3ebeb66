import type { Baseline } from '../../preload/contract/intervention'
/**
 * The methods that find circuits, on primaries whose circuit is known: several of every design, all methods on the same ones,
 * average precision and AUROC per design, kind of site and baseline. The first task of each primary.
 */
import type { MethodScores } from '../../preload/contract/judge'
import type { Design, Planted } from '../../preload/contract/planted'
import type { Bench, BenchContext } from './bench'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { createWasmExecutor } from '../../main/engine/executor/wasm'
import { judge } from '../../main/engine/judge/judge'
import { plant } from '../../main/engine/planted/plant'
import { meanAndLeast, scoresOf } from '../../main/lib/scores'
import { membershipOf } from '../../main/theatre/judge'
import { baselineName } from '../../preload/contract/intervention'
import { judgeMethodSchema } from '../../preload/contract/judge'
import { DESIGNS } from '../../preload/contract/planted'

type PlantedTruth = Planted['tasks'][number]['truths'][number]
interface Judged { auroc: number, ap: number, seconds: number }

/** Of each design, from seed FROM on; PRIMARIES asks for another number, DESIGNS, KINDS and METHODS for some of them. */
const PRIMARIES = Number(process.env.PRIMARIES) || 5
const FROM = Number(process.env.FROM) || 1
const METHODS = asked(judgeMethodSchema.options, process.env.METHODS)
const SOME_DESIGNS = asked(DESIGNS, process.env.DESIGNS)
const executor = createWasmExecutor()
const ready = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

export async function bench({ say }: BenchContext): Promise<Bench> {
  const figures: Bench['figures'] = {}
  for (const design of SOME_DESIGNS) Object.assign(figures, await ofDesign(design, say))
  return { name: 'judge', figures }
}

async function ofDesign(design: Design, say: BenchContext['say']): Promise<Bench['figures']> {
  const found = new Map<string, Judged[]>()
  const skipped = new Map<string, string>()
  for (let seed = FROM; seed < FROM + PRIMARIES; seed++) {
    say(`${design} ${seed}…`)
    const planted = await plant(executor, { design, seed }, ready)
    for (const truth of planted.tasks[0].truths.filter(({ kind }) => asked([kind], process.env.KINDS).length > 0)) {
      for (const baseline of baselinesFor(truth)) {
        for (const [name, result] of await judged(planted, truth, baseline)) {
          const line = `${design}, ${truth.kind}, ${baselineName(baseline)}: ${name}`
          say(`  ${line} ${typeof result === 'string' ? result : `AP ${result.ap.toFixed(3)}, AUROC ${result.auroc.toFixed(3)}, ${result.seconds.toFixed(1)} s`}`)
          if (typeof result === 'string') skipped.set(line, result)
          else found.set(line, [...found.get(line) ?? [], result])
        }
      }
    }
  }
  return { ...Object.fromEntries([...found].map(([line, all]) => [line, textOf(all)])), ...Object.fromEntries([...skipped].map(([line, reason]) => [line, `not run: ${reason}`])) }
}

/** A weight has no baseline but zero. A unit's truth, by zero, is held against the mean, too: what is left out either way. */
function baselinesFor({ kind, baseline }: PlantedTruth): Baseline[] {
  if (baseline === 'resample') return [{ resample: 1 }]
  return kind === 'units' ? ['zero', 'mean'] : ['zero']
}

async function judged({ architecture, weights, tasks: [task] }: Planted, truth: PlantedTruth, baseline: Baseline): Promise<[name: string, Judged | string][]> {
  const { addresses, methods } = await judge(executor, { judge: 'bench', architecture, weights, sites: truth.kind, baseline, task: { name: task.file.name, train: task.train, test: task.test }, methods: METHODS, seed: 1 }, { progress: () => {}, ready, cancelled: () => false, now: () => performance.now() })
  const membership = membershipOf(addresses, truth)
  return methods.map(({ name, scores, reason, seconds }: MethodScores) => [name, scores ? { ...scoresOf(scores, membership), seconds } : reason!])
}

function textOf(all: readonly Judged[]): string {
  const [ap, auroc] = (['ap', 'auroc'] as const).map((figure) => {
    const { mean, least } = meanAndLeast(all.map(one => one[figure]))
    return `${mean.toFixed(3)} (least ${least.toFixed(3)})`
  })
  return `AP ${ap}, AUROC ${auroc}, ${meanAndLeast(all.map(({ seconds }) => seconds)).mean.toFixed(2)} s, ${all.length} primaries`
}

function asked<T extends string>(all: readonly T[], some: string | undefined): T[] {
  return all.filter(name => some === undefined || some.split(',').includes(name))
}
