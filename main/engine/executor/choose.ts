/**
 * Which executor runs. Named, it is that one or an error, never another. `auto` starts what starts here and, where there is
 * a choice, times one real step on each; where wasm is all there is, nothing is timed. What was found is handed out as a
 * note, and given back at the next start: hardware and versions that are the same need no second measurement, so the app
 * starts with the one executor it uses and without loading the others. The first start costs a second or two; a new driver,
 * which the note cannot know of, is found by `symbiote doctor`.
 */
import type { ChoiceNote, Timed, Timing } from '../../lib/executorChoice'
import type { Executor } from './executor'
import { UserError } from '../../../preload/contract/errors'
import { fastest, parseNote, timingsInWords } from '../../lib/executorChoice'
import { probe } from './probe'

export type ExecutorName = Executor['name']

/** In the order `auto` starts them; the first is the measure of right numbers. */
export const EXECUTORS: readonly ExecutorName[] = ['wasm', 'webgpu', 'tensorflow']

export interface ChoiceOptions {
  /** `auto` or a name, as the user gave it. */
  wanted: string
  start: Record<ExecutorName, () => Promise<Executor>>
  /** Hardware and versions: what a note must agree with. */
  key: string
  /** From an earlier start, as text. */
  note?: string | undefined
  /** Why a named one is wanted, where that is known. */
  because?: string | undefined
  /** Time the executor even where there is nothing to choose. */
  measure?: boolean
  now: () => number
}

export interface Choice {
  executor: Executor
  /** One sentence without its full stop. */
  reason: string
  /** For the next start; only of what was measured. */
  note?: string
  timing?: Timing
}

/** Relative difference of a loss beyond which an executor computes wrongly. */
const TOLERANCE = 1e-3

interface Started extends Timed { executor: Executor, name: ExecutorName }

export async function chooseExecutor(options: ChoiceOptions): Promise<Choice> {
  const { wanted, start, key, measure, because, now } = options
  if (wanted === 'auto') return auto(options)
  if (!isName(wanted)) throw new UserError({ code: 'executor-unknown', message: `There is no executor "${wanted}".`, remedy: `It is auto, ${EXECUTORS.join(', ').replace(/, (\w+)$/, ' or $1')}.` })
  const executor = await start[wanted]().catch((error: Error) => { throw unavailable(wanted, error) })
  const reason = because || 'it was asked for by name'
  if (!measure) return { executor, reason }
  return { executor, reason, timing: await timingOf(executor, wanted, now), note: JSON.stringify({ key, name: wanted, reason } satisfies ChoiceNote) }
}

function isName(name: string): name is ExecutorName {
  return (EXECUTORS as readonly string[]).includes(name)
}

async function timingOf(executor: Executor, name: ExecutorName, now: () => number): Promise<Timing> {
  const { step, forward } = await probe(executor, now).catch((error: Error) => { throw unavailable(name, error) })
  return { step, forward }
}

function unavailable(name: string, error: Error): UserError {
  return new UserError({
    code: 'executor-unavailable',
    message: `The executor ${name} does not start here: ${plainly(error)}.`,
    remedy: 'Use --executor auto, or wasm, which runs on every machine; `symbiote doctor` lists what starts here and why the rest does not.',
  }, { cause: error })
}

/** The first line, without what module loaders add to it. */
function plainly(error: Error): string {
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(error.message)
  return missing ? `the package ${missing[1]} is not installed` : error.message.split('\n')[0].replace(/\.$/, '')
}

async function auto(options: ChoiceOptions): Promise<Choice> {
  const remembered = await fromNote(options)
  if (remembered) return remembered
  const failures: string[] = []
  const executors: Executor[] = []
  for (const name of EXECUTORS) {
    await options.start[name]().then(executor => executors.push(executor), (error: Error) => failures.push(`${name}: ${plainly(error)}`))
  }
  if (executors.length === 0) throw unavailable('auto', new Error(failures.join('; ')))
  if (executors.length === 1) {
    const [executor] = executors
    return withNote(executor, `${executor.name} is the only executor that starts here (${failures.join('; ')})`, options)
  }
  const { timed, wrong } = await timeAll(executors, options.now)
  if (timed.length === 0) throw unavailable('auto', new Error([...failures, ...wrong].join('; ')))
  const { executor, timing } = fastest(timed)
  const reason = [timed.length > 1 ? timingsInWords(timed) : `${executor.name} is the only executor that works here`, ...wrong].join('; ')
  return { ...withNote(executor, reason, options), timing }
}

function withNote(executor: Executor, reason: string, { key }: ChoiceOptions): Choice {
  return { executor, reason, note: JSON.stringify({ key, name: executor.name, reason } satisfies ChoiceNote) }
}

/** An executor that starts but cannot take a step, or takes it wrongly, is out. */
async function timeAll(executors: readonly Executor[], now: () => number): Promise<{ timed: Started[], wrong: string[] }> {
  const timed: Started[] = []
  const wrong: string[] = []
  let right: number | undefined
  for (const executor of executors) {
    const { name } = executor
    try {
      const { step, forward, loss } = await probe(executor, now)
      right ??= loss
      if (Math.abs(loss - right) <= TOLERANCE * Math.abs(right)) timed.push({ executor, name, timing: { step, forward } })
      else wrong.push(`${name} is left out because its numbers are wrong (loss ${loss}, not ${right})`)
    }
    catch (error) {
      wrong.push(`${name} is left out because a training step fails on it: ${plainly(error as Error)}`)
    }
  }
  return { timed, wrong }
}

/** Undefined where there is no note, it is about something else, or its executor no longer starts: then it is measured anew. */
async function fromNote({ note: text, key, start, measure }: ChoiceOptions): Promise<Choice | undefined> {
  const note = parseNote(text)
  if (measure || note?.key !== key || !isName(note.name)) return undefined
  const executor = await start[note.name]().catch(() => undefined)
  return executor && { executor, reason: `${note.reason}; found at an earlier start, \`symbiote doctor\` looks again`, note: JSON.stringify(note) }
}
