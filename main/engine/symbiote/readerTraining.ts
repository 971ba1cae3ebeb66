import type { Baseline } from '../../../preload/contract/intervention'
/**
 * A reader over several primaries: `free` finds the circuit of each, what can be measured of their sites is tabled, and the reader is taught to tell
 * the one from the other. Each primary is also left out in turn, to say how a reader of the others does on one it never saw.
 */
import type { ReadCheck, ReadPrimary, ReadProgress, ReadRequest, ReadResult } from '../../../preload/contract/reader'
import type { ReaderFile } from '../../../preload/contract/symbiote'
import type { Executor } from '../executor/executor'
import type { ReaderTable } from './distil'
import type { FindHooks } from './find'
import type { Subject } from './subject'
import { UserError } from '../../../preload/contract/errors'
import { defaultSeeds, findAskedSchema } from '../../../preload/contract/symbiote'
import { scoresOf } from '../../lib/scores'
import { DESCRIPTORS, descriptorsOf } from './descriptors'
import { distil, readerNet } from './distil'
import { scored } from './find'
import { fileOf, kindOf, readLogits } from './reader'
import { withSubject } from './subject'

export interface ReadHooks extends Omit<FindHooks, 'progress'> {
  progress: (progress: ReadProgress) => void
}

const PROGRESS_MS = 200

/** What is kept of one primary. */
export interface Read extends ReaderTable { name: string, sites: string, attribution: Float64Array }

/** Throws what a find throws, with the primary's name, and `cancelled`, `reader-unfit`. */
export async function trainReader(executor: Executor, request: ReadRequest, hooks: ReadHooks): Promise<ReadResult> {
  const { primaries, seed } = request
  const start = hooks.now()
  const turn = turns(request, hooks)
  const reads: Read[] = []
  for (const [i, primary] of primaries.entries()) reads.push(await readOne(executor, request, primary, share => turn(i, share, primary.name), hooks.cancelled))
  const odd = reads.find(({ sites }) => sites !== reads[0].sites)
  if (odd) throw new UserError({ code: 'reader-unfit', message: `One reader reads one kind of site: ${reads[0].name} has ${reads[0].sites}, and ${odd.name} has ${odd.sites}.`, remedy: 'Train it on primaries of one kind.' })
  const found = hooks.now()
  // The last is of all of them; before it, one without each.
  const lessons = primaries.length > 1 ? primaries.length + 1 : 1
  const learn = (tables: Read[], lesson: number): Promise<Float32Array[]> => distil(executor, tables, seed, share => turn(primaries.length, (lesson + share) / lessons))
  const checks: ReadCheck[] = []
  for (const [i, own] of reads.entries()) {
    checks.push({ ...checkOf(own), ...(reads.length > 1 ? await checked(executor, own, await learn(reads.filter(other => other !== own), i)) : {}) })
  }
  const learned = await learn(reads, lessons - 1)
  return {
    file: fileFrom(reads, learned, request.baseline),
    primaries: checks,
    seconds: { finding: (found - start) / 1000, learning: (hooks.now() - found) / 1000 },
  }
}

function fileFrom(reads: readonly Read[], learned: readonly Float32Array[], baseline: Baseline): ReaderFile {
  return fileOf(reads[0].sites, readerNet(1).shapes, learned, { primaries: reads.map(({ name }) => name), baseline })
}

/** Finds the circuit of one primary and tables what can be measured of its sites. */
export async function readOne(executor: Executor, { read, sites, baseline, seed, seeds, steps }: Omit<ReadRequest, 'primaries'>, { name, architecture, weights, task }: ReadPrimary, turn: (share: number) => Promise<void>, cancelled: () => boolean): Promise<Read> {
  const asked = findAskedSchema.parse({ sites, objective: 'sufficient', baseline, seed, seeds: seeds ?? defaultSeeds(architecture), certificate: 'fast', ...(steps === undefined ? {} : { steps }) })
  try {
    return await withSubject(executor, { ...asked, find: read, architecture, weights, task, references: [] }, async (open) => {
      const subject = await open()
      const { score, attribution } = await scored(subject, { cancelled }, (phase, done, total) => turn(phase === 'training' ? 0.9 * done / total : 0.9))
      await turn(0.95)
      return { name, sites: kindOf(subject.circuits.slots), descriptors: await descriptorsOfSites(subject), targets: score, attribution }
    })
  }
  catch (error) {
    if (!(error instanceof UserError) || error.code === 'cancelled') throw error
    throw new UserError({ ...error.data, message: `${name}: ${error.message}` })
  }
}

/** [sites · descriptors]; the net of a find reads them by slot, a table has the candidates alone. */
export async function descriptorsOfSites(subject: Subject): Promise<Float32Array> {
  const { slotOf } = subject.circuits.slots
  const all = await descriptorsOf(subject)
  const width = DESCRIPTORS.length
  const found = new Float32Array(slotOf.length * width)
  slotOf.forEach((slot, i) => found.set(all.subarray(slot * width, (slot + 1) * width), i * width))
  return found
}

function checkOf({ name, targets }: Read): ReadCheck {
  return { name, candidates: targets.length, members: Array.from(targets).filter(score => score >= 0.5).length }
}

/** A reader of the others, and gradient × weight, against what `free` found. */
async function checked(executor: Executor, { descriptors, targets, attribution }: Read, learned: Float32Array[]): Promise<Pick<ReadCheck, 'ap' | 'gradient'>> {
  const membership = Array.from(targets, score => score >= 0.5 ? 'site' : 'other')
  if (!membership.includes('site')) return {}
  const logits = await readLogits(executor, readerNet(targets.length), learned, descriptors)
  return { ap: scoresOf(logits, membership).ap, gradient: scoresOf(attribution, membership).ap }
}

/** Tells how far it is and lets others in; throws `cancelled`. */
function turns({ read, primaries }: ReadRequest, { now, ready, progress, cancelled }: ReadHooks): (done: number, share: number, primary?: string) => Promise<void> {
  const start = now()
  let told = -Infinity
  return async (done, share, primary) => {
    const time = now()
    if (time - told >= PROGRESS_MS) {
      told = time
      progress({ read, done, total: primaries.length + 1, share, seconds: (time - start) / 1000, ...(primary === undefined ? {} : { primary }) })
    }
    await ready()
    if (cancelled()) throw new UserError({ code: 'cancelled', message: 'The training of the reader was cancelled; nothing was written.', remedy: 'Start it again.' })
  }
}
