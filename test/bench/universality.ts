import type { Read } from '../../main/engine/symbiote/readerTraining'
/**
 * A reader trained on planted primaries, on others of the same designs with new seeds and new widths, without training: average precision beside
 * gradient × weight (the floor) and `free`, which is trained on each of them (the ceiling).
 */
import type { Design, Planted } from '../../preload/contract/planted'
import type { ReadPrimary } from '../../preload/contract/reader'
import type { Bench, BenchContext } from './bench'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { createWasmExecutor } from '../../main/engine/executor/wasm'
import { judge } from '../../main/engine/judge/judge'
import { plant } from '../../main/engine/planted/plant'
import { attributionOf } from '../../main/engine/symbiote/attribution'
import { distil, readerNet } from '../../main/engine/symbiote/distil'
import { readLogits } from '../../main/engine/symbiote/reader'
import { descriptorsOfSites, readOne } from '../../main/engine/symbiote/readerTraining'
import { withSubject } from '../../main/engine/symbiote/subject'
import { meanAndLeast, scoresOf } from '../../main/lib/scores'
import { membershipOf } from '../../main/theatre/judge'
import { findAskedSchema } from '../../preload/contract/symbiote'

const DESIGNS: Design[] = ['split', 'shared', 'backup', 'cancelling']
/** Seeds and widths that the reader is trained on, and those that it never saw. */
const SEEN = { seeds: [1, 2, 3], widths: [20, 26] }
const UNSEEN = { seeds: (process.env.SEEDS ?? '51,52,53').split(',').map(Number), widths: [20, 32, 48] }
const KINDS = (process.env.KINDS ?? 'weights').split(',') as ('weights' | 'units')[]
/** `free` takes a minute on a wide one: on the first seed of one width only. */
const CEILING = Number(process.env.CEILING ?? 32)

const executor = createWasmExecutor()
const hooks = { progress: () => {}, ready: (): Promise<void> => new Promise(resolve => setImmediate(resolve)), cancelled: () => false, now: () => performance.now() }

export async function bench({ say }: BenchContext): Promise<Bench> {
  const figures: Bench['figures'] = {}
  for (const kind of KINDS) {
    const readers = await readersOf(kind, say)
    for (const design of DESIGNS) Object.assign(figures, await ofDesign(design, kind, readers, say))
  }
  return { name: 'universality', figures }
}

/** One of all designs, and for each design one of the others alone. */
async function readersOf(kind: 'weights' | 'units', say: BenchContext['say']): Promise<Record<string, Float32Array[]>> {
  const reads: (Read & { design: Design })[] = []
  for (const design of DESIGNS) {
    for (const [i, seed] of SEEN.seeds.entries()) {
      const start = performance.now()
      const primary = primaryOf(`${design}-${seed}`, await plant(executor, { design, seed, width: SEEN.widths[i % SEEN.widths.length] }, hooks.ready))
      reads.push({ ...await readOne(executor, { read: 'bench', sites: kind, baseline: 'zero', seed: 1 }, primary, hooks.ready, hooks.cancelled), design })
      say(`${kind}: learned from ${design}-${seed}, ${((performance.now() - start) / 1000).toFixed(0)} s`)
    }
  }
  const readers: Record<string, Float32Array[]> = {}
  for (const left of [undefined, ...DESIGNS]) {
    const some = reads.filter(({ design }) => design !== left)
    readers[left ?? 'all'] = await distil(executor, some, 1, hooks.ready)
  }
  return readers
}

async function ofDesign(design: Design, kind: 'weights' | 'units', readers: Record<string, Float32Array[]>, say: BenchContext['say']): Promise<Bench['figures']> {
  const found = new Map<string, number[]>()
  for (const width of UNSEEN.widths) {
    for (const seed of UNSEEN.seeds) {
      const planted = await plant(executor, { design, seed, width }, hooks.ready)
      const scores = await scoresOn(planted, design, kind, readers, width === CEILING && seed === UNSEEN.seeds[0])
      for (const [method, ap] of Object.entries(scores)) {
        const line = `${design}, ${kind}, width ${width}: ${method}`
        found.set(line, [...found.get(line) ?? [], ap])
      }
      say(`${design} ${seed} ${width}: ${Object.entries(scores).map(([method, ap]) => `${method} ${ap.toFixed(3)}`).join(', ')}`)
    }
  }
  return Object.fromEntries([...found].map(([line, all]) => {
    const { mean, least } = meanAndLeast(all)
    return [line, `AP ${mean.toFixed(3)} (least ${least.toFixed(3)}), ${all.length} primaries`]
  }))
}

async function scoresOn(planted: Planted, design: Design, kind: 'weights' | 'units', readers: Record<string, Float32Array[]>, ceiling: boolean): Promise<Record<string, number>> {
  const { architecture, weights, task } = primaryOf('', planted)
  const truth = planted.tasks[0].truths.find(one => one.kind === kind)!
  const found: Record<string, number> = {}
  const asked = findAskedSchema.parse({ sites: kind, objective: 'sufficient', family: 'reader', seeds: 1 })
  await withSubject(executor, { ...asked, find: 'bench', architecture, weights, task, references: [] }, async (open) => {
    const subject = await open()
    const membership = membershipOf(subject.circuits.slots.addresses, truth)
    const ap = (scores: ArrayLike<number>): number => scoresOf(scores, membership).ap
    found['gradient × weight'] = ap(await attributionOf(subject))
    const descriptors = await descriptorsOfSites(subject)
    for (const [name, learned] of [['reader, zero-shot', readers.all], ['reader of the other designs', readers[design]]] as const) {
      found[name] = ap(await readLogits(executor, readerNet(membership.length), learned, descriptors))
    }
  })
  if (ceiling) {
    const { addresses, methods: [{ scores, reason }] } = await judge(executor, { judge: 'bench', architecture, weights, sites: kind, baseline: 'zero', task, methods: ['free'], seed: 1 }, hooks)
    if (!scores) throw new Error(reason)
    found.free = scoresOf(scores, membershipOf(addresses, truth)).ap
  }
  return found
}

function primaryOf(name: string, { architecture, weights, tasks: [{ file, train, test }] }: Planted): ReadPrimary {
  return { name, architecture, weights, task: { name: file.name, train, test } }
}
