/**
 * Runs the methods that find circuits, one after another, on one primary and task. What each has to say is a score per
 * candidate; a method that does not fit is named with its reason.
 */
import type { JudgeMethod, JudgeProgress, JudgeRequest, JudgeResult, MethodScores } from '../../../preload/contract/judge'
import type { Executor } from '../executor/executor'
import type { Method, Subject } from './subject'
import { UserError } from '../../../preload/contract/errors'
import { uploadTensor } from '../executor/executor'
import { modelOf } from '../primary/models'
import { openCircuits } from '../symbiote/circuits'
import { slotsOf } from '../symbiote/slots'
import { ablation } from './methods/ablation'
import { gradient } from './methods/gradient'
import { greedy } from './methods/greedy'
import { integrated } from './methods/integrated'
import { magnitude } from './methods/magnitude'
import { random } from './methods/random'
import { openSubject } from './subject'

export interface JudgeHooks {
  progress: (progress: JudgeProgress) => void
  /** A macrotask, so that a stimulation or a cancel gets its turn. */
  ready: () => Promise<void>
  cancelled: () => boolean
  /** Milliseconds, monotonic. */
  now: () => number
}

const PROGRESS_MS = 150

const METHODS: Record<JudgeMethod, Method> = { magnitude, gradient, integrated, ablation, greedy, random }

export async function judge(executor: Executor, request: JudgeRequest, hooks: JudgeHooks): Promise<JudgeResult> {
  const { architecture, weights, train, baseline, items, seed } = request
  const model = modelOf(architecture, { tensors: Object.keys(weights), positions: train.inputs.shape[1] })
  const slots = slotsOf(request.sites, model)
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  try {
    const circuits = await openCircuits(executor, model, parameters, slots, baseline, train)
    try {
      const subject = await openSubject(executor, circuits, weights, train, { items, seed })
      return { addresses: slots.addresses, items: subject.rows.length, classes: subject.classes, ...await runAll(subject, request, hooks) }
    }
    finally {
      circuits.dispose()
    }
  }
  finally {
    executor.free(...parameters)
  }
}

async function runAll(subject: Subject, { judge: id, methods }: JudgeRequest, hooks: JudgeHooks): Promise<Pick<JudgeResult, 'state' | 'methods'>> {
  const found: MethodScores[] = []
  const start = hooks.now()
  let told = -Infinity
  for (const [done, method] of methods.entries()) {
    const began = hooks.now()
    const turn = async (share: number): Promise<void> => {
      const time = hooks.now()
      if (time - told >= PROGRESS_MS) {
        told = time
        hooks.progress({ judge: id, method, done, total: methods.length, share, seconds: (time - start) / 1000 })
      }
      await hooks.ready()
      if (hooks.cancelled()) throw cancelled()
    }
    try {
      await turn(0)
      const result = await METHODS[method](subject, turn)
      const seconds = (hooks.now() - began) / 1000
      found.push({ name: method, ...('reason' in result ? result : { scores: result }), seconds })
    }
    catch (error) {
      if (error instanceof UserError && error.code === 'cancelled') return { state: 'cancelled', methods: found }
      throw error
    }
  }
  return { state: 'finished', methods: found }
}

function cancelled(): UserError {
  return new UserError({ code: 'cancelled', message: 'The judging was cancelled.', remedy: 'The methods that were over are kept.' })
}
