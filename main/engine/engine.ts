/** The engine's functions, whatever process they run in. Tensors only: no files, no sessions, no screen. */
import type { Checkpoint, EngineDescription, EngineEvents, EngineFunctions, Patient } from '../../preload/contract/engine'
import type { Choice } from './executor/choose'
import type { OpenPatient } from './stimulation/patient'
import type { SweepSubject } from './sweep/subject'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { randomStream } from '../lib/random'
import { matrixProductSpeed } from './executor/benchmark'
import { judge } from './judge/judge'
import { matchCircuits } from './matching/match'
import { plant } from './planted/plant'
import { openPatient } from './stimulation/patient'
import { dose } from './sweep/dose'
import { sweep } from './sweep/sweep'
import { findCircuit } from './symbiote/find'
import { trainReader } from './symbiote/readerTraining'
import { itemCount } from './task/items'
import { trainSuperposition } from './task/superposition'
import { train } from './train/trainer'

/** Token positions that calibration looks at, at most. */
const CALIBRATION_POSITIONS = 64_000

/** What something long that can be cancelled asks while it runs. */
interface Turns { ready: () => Promise<void>, cancelled: () => boolean, now: () => number }

/** A training run under way. */
interface Run { cancelled: boolean, resume?: () => void, paused?: Promise<void> }

export function createEngine({ executor, reason, note, timing }: Choice, events: EngineEvents): EngineFunctions {
  const runs = new Map<string, Run>()
  let patient: OpenPatient | undefined
  let opening: Promise<void> = Promise.resolve()
  let subject: SweepSubject | undefined

  const describe = async (): Promise<EngineDescription> => ({
    executor: executor.name,
    device: executor.device,
    threads: executor.threads,
    versions: executor.versions,
    memory: process.memoryUsage.rss(),
    reason,
    ...(note === undefined ? {} : { note }),
    ...(timing ? { timing } : {}),
  })

  /**
   * A new engine may be asked before its first patient is ready: calls that waited for the engine follow close behind the
   * one that opens it. Where there is a patient already, it is the one that is meant until the next is ready.
   */
  const whenOpen = async <T>(value: () => T | undefined): Promise<T> => {
    if (!value()) await opening
    const found = value()
    if (!found) throw new Error('no patient is open in the engine')
    return found
  }
  const onTable = (): Promise<OpenPatient> => whenOpen(() => patient)
  const swept = (): Promise<SweepSubject> => whenOpen(() => subject)

  /** Runs something that can be cancelled and lets others in between. */
  const cancellable = async <T>(id: string, work: (turns: Turns) => Promise<T>): Promise<T> => {
    const run: Run = { cancelled: false }
    runs.set(id, run)
    try {
      return await work({
        ready: () => new Promise(resolve => setImmediate(resolve)),
        cancelled: () => run.cancelled,
        now: () => performance.now(),
      })
    }
    finally {
      runs.delete(id)
    }
  }

  const open: EngineFunctions['open'] = async (request) => {
    const { calibration, battery } = chooseItems(request)
    const opened = await openPatient(executor, { ...request, calibration })
    patient?.dispose()
    patient = opened
    const { model, knowledge, observer } = opened
    subject = { model, knowledge, observer, weights: request.weights, items: request.items, stimulate: asked => opened.stimulate(asked, () => performance.now()) }
    return { statistics: { mean: opened.calibration.mean, sigma: opened.calibration.sigma, items: calibration.length }, battery }
  }

  return {
    describe,
    benchmark: () => matrixProductSpeed(executor),
    open: (request) => {
      const opened = open(request)
      // Whoever asked hears of a failure; those who wait only need to know that it is over.
      opening = opened.then(() => {}, () => {})
      return opened
    },
    present: async item => (await onTable()).present(item),
    observe: async ({ names, items }) => (await onTable()).observe(names, items),
    answers: async () => (await onTable()).answers(),
    stimulate: async request => (await onTable()).stimulate(request, () => performance.now()),
    connections: async request => (await onTable()).connections(request),
    sweep: request => cancellable(request.sweep, async turns => sweep(executor, await swept(), request, { ...turns, progress: events.sweeping })),
    dose: request => cancellable(request.dose, async turns => dose(executor, await swept(), request, { ...turns, progress: events.sweeping })),
    find: request => cancellable(request.find, turns => findCircuit(executor, request, { ...turns, progress: events.finding })),
    trainReader: request => cancellable(request.read, turns => trainReader(executor, request, { ...turns, progress: events.reading })),
    train: async (request) => {
      const run: Run = { cancelled: false }
      runs.set(request.run, run)
      try {
        return await train(executor, request, {
          progress: events.progress,
          checkpoint: (checkpoint: Checkpoint) => events.checkpoint(request.run, checkpoint),
          // A macrotask between steps, so that a stimulation or a cancel gets its turn.
          ready: () => run.paused ?? new Promise(resolve => setImmediate(resolve)),
          cancelled: () => run.cancelled,
          now: () => performance.now(),
        })
      }
      finally {
        runs.delete(request.run)
      }
    },
    superposition: request => trainSuperposition(executor, request, () => new Promise(resolve => setImmediate(resolve))),
    plant: request => plant(executor, request, () => new Promise(resolve => setImmediate(resolve))),
    judge: request => cancellable(request.judge, turns => judge(executor, request, { ...turns, progress: events.judging })),
    match: request => cancellable(request.match, turns => matchCircuits(executor, request, { ...turns, progress: events.matching })),
    pause: async (id, paused) => {
      const run = runs.get(id)
      if (!run) return
      run.resume?.()
      run.paused = paused ? new Promise(resolve => (run.resume = resolve)) : undefined
    },
    cancel: async (id) => {
      const run = runs.get(id)
      if (!run) return
      run.cancelled = true
      run.resume?.()
    },
  }
}

/** Calibration and battery share no item where there are enough for both; a small set serves as both. */
function chooseItems({ architecture, items, seed, calibrationItems: most, batteryItems }: Patient): { calibration: Int32Array, battery: Int32Array } {
  // An item of many tokens costs as much as many items, and tells as much.
  const calibrationItems = architecture.kind === 'transformer' ? Math.min(most, Math.max(64, Math.round(CALIBRATION_POSITIONS / items.inputs.shape[1]))) : most
  const order = randomStream(seed, 'items').permutation(itemCount(items))
  const calibration = order.slice(0, calibrationItems)
  const rest = order.slice(calibrationItems, calibrationItems + batteryItems)
  return { calibration, battery: rest.length === batteryItems ? rest : order.slice(-batteryItems) }
}
