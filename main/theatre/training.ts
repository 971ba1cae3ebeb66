/**
 * A training run from start to a primary on disk. Survives the engine: after a loss it goes on from the last checkpoint,
 * and what was lost is said. Checkpoints stay in the run's folder until the primary itself is there.
 */
import type { Checkpoint, EngineEvents, Items, Optimiser, TrainProgress, TrainResult } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import type { TrainingInfo } from '../../preload/contract/rpc'
import type { RunSettings } from '../files/checkpoint'
import type { EngineClient } from '../host/engineClient'
import type { LoadedPatient } from './loading'
import { ulid } from 'ulid'
import { UserError } from '../../preload/contract/errors'
import { writeCheckpoint } from '../files/checkpoint'
import { writePrimary } from '../files/primary'
import { loadedFrom } from './loading'

export interface TrainingPlan {
  /** Folder the primary goes to. */
  path: string
  name: string
  architecture: Architecture
  /** Name or folder, as the primary will say it. */
  dataset: string
  train: Items
  test: Items
  seed: number
  steps: number
  batch: number
  learningRate: number
  schedule: 'constant' | 'linear'
  /** Adam, where left out. */
  optimiser?: Optimiser
  /** What the data set asks for. */
  kind: 'classification' | 'next-token'
  recipe?: string
  /** Goes on from here. */
  from?: { checkpoint: Checkpoint, settings: RunSettings }
}

export interface TrainingListeners {
  changed: (info: TrainingInfo) => void
  progress: (progress: TrainProgress) => void
}

/** Steps between checkpoints: at most this much work is lost with the engine. A few seconds of a digits run. */
const CHECKPOINT_EVERY = 500
/** Points of the loss curve kept; when full, every other one goes. */
const CURVE_POINTS = 2000

export class TrainingRun {
  readonly #engine: EngineClient
  readonly #plan: TrainingPlan
  readonly #listeners: TrainingListeners
  #info: TrainingInfo
  #checkpoint: Checkpoint | undefined
  #writing: Promise<unknown> = Promise.resolve()
  #writeFailure: UserError | undefined
  #cancelled = false

  constructor(engine: EngineClient, plan: TrainingPlan, listeners: TrainingListeners) {
    this.#engine = engine
    this.#plan = plan
    this.#listeners = listeners
    this.#checkpoint = plan.from?.checkpoint
    const { name, path, steps, from } = plan
    this.#info = {
      run: ulid(),
      name,
      path,
      state: 'running',
      step: from?.checkpoint.step ?? 0,
      steps,
      msPerStep: 0,
      loss: from?.settings.loss ?? [],
      accuracy: from?.settings.accuracy ?? [],
      ...(from ? { checkpoint: from.checkpoint.step } : {}),
    }
  }

  get info(): TrainingInfo {
    return this.#info
  }

  /** As it was at the newest checkpoint. Throws `training-young` before the first one. */
  async snapshot(): Promise<LoadedPatient> {
    const { path, name, architecture, dataset, kind, recipe, seed } = this.#plan
    if (!this.#checkpoint) throw new UserError({ code: 'training-young', message: `${name} has no checkpoint yet: one is kept every ${CHECKPOINT_EVERY} steps.`, remedy: 'Wait for the first one.' })
    const { step, weights } = this.#checkpoint
    const { executor } = await this.#engine.ready()
    return loadedFrom({ path, training: this.#info.run, weights, file: { format: 'symbiote-primary/1', name: `${name} at step ${step}`, architecture, task: { kind, dataset }, provenance: { ...(recipe === undefined ? {} : { recipe }), seed, executor, steps: step } } })
  }

  get over(): boolean {
    return this.#info.state !== 'running' && this.#info.state !== 'paused'
  }

  /** Resolves when the run is over, however it ended; the primary is on disk when it `finished`. Never rejects. */
  async go(): Promise<TrainResult | undefined> {
    const unlisten = this.#listen()
    try {
      const result = await this.#trainThroughLosses()
      await this.#writing
      return await this.#conclude(result)
    }
    catch (error) {
      // A checkpoint may have come just before: it is what the run goes on from.
      await this.#writing
      const message = error instanceof UserError ? error.line : (error as Error).message
      this.#change({ state: 'failed', message })
      return undefined
    }
    finally {
      unlisten()
    }
  }

  async pause(paused: boolean): Promise<void> {
    if (this.over) return
    await this.#engine.functions.pause(this.#info.run, paused)
    this.#change({ state: paused ? 'paused' : 'running' })
  }

  async cancel(): Promise<void> {
    this.#cancelled = true
    if (!this.over) await this.#engine.functions.cancel(this.#info.run)
  }

  async #trainThroughLosses(): Promise<TrainResult> {
    const { architecture, train, test, seed, steps, batch, learningRate, schedule, optimiser } = this.#plan
    for (;;) {
      const from = this.#checkpoint
      try {
        return await this.#engine.functions.train({ run: this.#info.run, architecture, train, test, seed, steps, batch, learningRate, schedule, ...(optimiser ? { optimiser } : {}), checkpointEvery: CHECKPOINT_EVERY, ...(from ? { from } : {}) })
      }
      catch (error) {
        if (!(error instanceof UserError) || error.code !== 'engine-lost' || this.#cancelled) throw error
        const kept = this.#checkpoint?.step ?? 0
        this.#change({ state: 'running', message: `The engine was lost at step ${this.#info.step}. ${this.#info.step - kept} steps are lost with it; the run goes on from step ${kept}.` })
        await this.#engine.ready()
        this.#change({ step: kept, loss: upTo(this.#info.loss, kept), accuracy: upTo(this.#info.accuracy, kept) })
      }
    }
  }

  async #conclude(result: TrainResult): Promise<TrainResult> {
    const { path, name, architecture, dataset, seed, kind, recipe } = this.#plan
    const { step, weights } = result.checkpoint
    if (result.state !== 'finished') {
      await this.#save(result.checkpoint)
      const kept = `The checkpoint of step ${step} is kept in ${path}.`
      this.#change({ state: result.state, step, metrics: result.metrics, message: result.state === 'diverged' ? `The loss stopped being a number at step ${this.#info.step}. ${kept} Resume it with a smaller learning rate, or start again with another seed.` : kept })
      return result
    }
    const { executor } = await this.#engine.ready()
    await writePrimary(path, {
      file: { format: 'symbiote-primary/1', name, architecture, task: { kind, dataset }, provenance: { ...(recipe === undefined ? {} : { recipe }), seed, executor, steps: step, metrics: result.metrics } },
      weights,
    // The folder holds the run's checkpoint, which the primary replaces.
    }, { replace: true })
    this.#change({ state: 'finished', step, metrics: result.metrics, ...(this.#writeFailure ? { message: this.#writeFailure.line } : {}) })
    return result
  }

  #listen(): () => void {
    const mine = <K extends keyof EngineEvents>(run: string, handle: () => void, _event?: K): void => {
      if (run === this.#info.run) handle()
    }
    const undo = [
      this.#engine.on('progress', progress => mine(progress.run, () => this.#progressed(progress))),
      this.#engine.on('checkpoint', (run, checkpoint) => mine(run, () => this.#keep(checkpoint))),
    ]
    return () => undo.forEach(stop => stop())
  }

  #progressed(progress: TrainProgress): void {
    const { step, loss, accuracy, msPerStep } = progress
    this.#listeners.progress(progress)
    this.#change({
      step,
      msPerStep,
      loss: thinned([...this.#info.loss, [step, loss]]),
      ...(accuracy === undefined ? {} : { accuracy: [...this.#info.accuracy, [step, accuracy]] }),
    })
  }

  /** One write at a time. A disk that is full does not stop the training: it is said, and the next one is tried. */
  #keep(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint
    this.#change({ checkpoint: checkpoint.step })
    this.#writing = this.#writing.then(() => this.#save(checkpoint)).then(
      () => { this.#writeFailure = undefined },
      (error: unknown) => {
        this.#writeFailure = error instanceof UserError ? error : undefined
        this.#change({ message: `The checkpoint of step ${checkpoint.step} was not written: ${error instanceof UserError ? error.line : String(error)}` })
      },
    )
  }

  #save(checkpoint: Checkpoint): Promise<void> {
    const { path, name, recipe, dataset, architecture, seed, steps, batch, learningRate, schedule, optimiser } = this.#plan
    const { loss, accuracy } = this.#info
    return writeCheckpoint(path, checkpoint, {
      name,
      ...(recipe === undefined ? {} : { recipe }),
      dataset,
      architecture,
      seed,
      steps,
      batch,
      learningRate,
      schedule,
      ...(optimiser ? { optimiser } : {}),
      checkpointEvery: CHECKPOINT_EVERY,
      loss: upTo(loss, checkpoint.step),
      accuracy: upTo(accuracy, checkpoint.step),
    })
  }

  #change(change: Partial<TrainingInfo>): void {
    this.#info = { ...this.#info, ...change }
    this.#listeners.changed(this.#info)
  }
}

function upTo(curve: [number, number][], step: number): [number, number][] {
  return curve.filter(([at]) => at <= step)
}

function thinned(curve: [number, number][]): [number, number][] {
  return curve.length <= CURVE_POINTS ? curve : curve.filter((_, i) => i % 2 === 0 || i === curve.length - 1)
}
