/** An executor that fails in the middle of a run: what can still be kept is kept, and the run stops. It never goes on elsewhere by itself. */
import type { Checkpoint } from '../../../preload/contract/engine'
import type { Executor } from '../executor/executor'
import { UserError } from '../../../preload/contract/errors'

interface Wreck {
  /** Steps done when it failed. */
  step: number
  /** The last checkpoint handed out, or what the run began with. */
  good: Checkpoint
  /** Reads the state before the failed step, which may be gone with the device. */
  keep: () => Promise<Checkpoint>
  checkpoint: (checkpoint: Checkpoint) => void
}

export async function executorFailure(executor: Executor, error: Error, { step, good, keep, checkpoint }: Wreck): Promise<UserError> {
  if (error instanceof UserError) return error
  const kept = step === good.step ? good : await keep().catch(() => good)
  if (kept.step > 0) checkpoint(kept)
  const why = error.message.split('\n')[0].replace(/\.$/, '')
  return new UserError({
    code: 'executor-failed',
    message: `The executor ${executor.name} failed after step ${step}: ${why}. ${kept.step > 0 ? `The checkpoint of step ${kept.step} is kept.` : 'No step was finished.'}`,
    remedy: kept.step > 0
      ? 'Go on from it with --resume; if it fails again, with --executor wasm, which runs on every machine.'
      : 'Start again with --executor wasm, which runs on every machine.',
  }, { cause: error })
}
