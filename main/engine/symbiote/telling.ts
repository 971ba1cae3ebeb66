/** Tells how far a find is: a few times a second, as a share of the whole that never falls. */
import type { FindPhase, FindProgress } from '../../../preload/contract/symbiote'
import type { FindHooks } from './find'

const PROGRESS_MS = 200
/** Shares of the whole by time, for progress. */
const PHASES: Partial<Record<FindPhase, [from: number, to: number]>> = { 'checking': [0, 0.03], 'training': [0.03, 0.55], 'measuring': [0.55, 0.65], 'random circuits': [0.65, 0.75], 'minimality': [0.75, 0.8], 'controls': [0.8, 0.95], 'comparing': [0.95, 1] }
/** From here on each task has a circuit of its own to be judged. */
const JUDGED = 0.55

export type Tell = (phase: FindPhase, done: number, total: number, more?: Pick<FindProgress, 'training'>, gates?: () => Promise<Float32Array>) => Promise<void>

/**
 * Lets others in each time it is told something.
 * @returns of the k-th of several tasks: training is theirs together, what follows is done for one after another
 */
export function teller(find: string, contexts: number, { now, progress, ready }: FindHooks): (context: number) => Tell {
  const start = now()
  let told = -Infinity
  let last: string | undefined
  return context => async (phase, done, total, more = {}, gates) => {
    const time = now()
    if (`${context}/${phase}` !== last || time - told >= PROGRESS_MS || done === total) {
      told = time
      last = `${context}/${phase}`
      const [from, to] = PHASES[phase] ?? [0, 1]
      const local = from + (to - from) * done / Math.max(1, total)
      const share = from < JUDGED ? local : JUDGED + (context * (1 - JUDGED) + local - JUDGED) / contexts
      const values = gates ? { gates: Uint8Array.from(await gates(), gate => Math.min(255, Math.max(0, Math.round(100 * gate)))) } : {}
      progress({ find, phase, share, done, total, seconds: (time - start) / 1000, ...more, ...values })
    }
    await ready()
  }
}
