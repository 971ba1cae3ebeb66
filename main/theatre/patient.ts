/**
 * The patient on the table: read from disk, checked, handed to the engine, and handed over again when the engine was
 * lost. The host keeps the weights and the test items for that; it computes nothing with them.
 */
import type { Connections, EngineFunctions, OpenedPatient, Presentation } from '../../preload/contract/engine'
import type { PatientInfo } from '../../preload/contract/rpc'
import type { CalibrationKey } from '../files/calibrations'
import type { LoadedPatient } from './loading'
import { UserError } from '../../preload/contract/errors'
import { layoutOf } from '../../preload/contract/layout'
import { readCalibration, writeCalibration } from '../files/calibrations'
import { answerTarget, itemCount } from '../lib/answers'

/** Items that give means and σ, and items every effect is measured on. */
export const CALIBRATION_ITEMS = 2000
export const BATTERY_ITEMS = 256
export const PATIENT_SEED = 1

export interface PatientOptions {
  seed?: number
  batteryItems?: number
  /** Root of the user's data, where what calibration finds is kept; left out, it is found anew. */
  home?: string
}

/** Where it stands in the engine. */
export class PatientOnTable {
  readonly loaded: LoadedPatient
  readonly seed: number
  readonly #engine: EngineFunctions
  readonly #batteryItems: number
  readonly #home: string | undefined
  #opening: Promise<void> = Promise.resolve()
  #opened: OpenedPatient | undefined
  #answers: Int32Array | undefined

  constructor(engine: EngineFunctions, loaded: LoadedPatient, { seed = PATIENT_SEED, batteryItems = BATTERY_ITEMS, home }: PatientOptions = {}) {
    this.#engine = engine
    this.loaded = loaded
    this.seed = seed
    this.#batteryItems = batteryItems
    this.#home = home
  }

  /** Gives the engine its tensors. Also after the engine was lost: same seed, so the same battery and calibration. */
  open(): Promise<void> {
    this.#opening = this.#handOver()
    return this.#opening
  }

  async #handOver(): Promise<void> {
    const { file, weights, items, directions } = this.loaded
    // A new engine gets the patient at once, and may be another executor, with a σ of its own.
    const cache = this.#home === undefined || this.#opened ? undefined : { home: this.#home, key: await this.#calibrationKey() }
    const statistics = cache && await readCalibration(cache.home, cache.key)
    this.#opened = await this.#engine.open({
      architecture: file.architecture,
      weights,
      items,
      directions,
      seed: this.seed,
      calibrationItems: CALIBRATION_ITEMS,
      batteryItems: this.#batteryItems,
      ...(statistics ? { statistics } : {}),
    })
    if (cache && !statistics) await writeCalibration(cache.home, cache.key, this.#opened.statistics)
    this.#answers ??= await this.#engine.answers()
  }

  async #calibrationKey(): Promise<CalibrationKey> {
    const { file, weightsSha256, dataset } = this.loaded
    const { executor, device, versions } = await this.#engine.describe()
    return {
      weightsSha256,
      datasetSha256: dataset.sha256,
      split: dataset.split,
      seed: this.seed,
      items: CALIBRATION_ITEMS,
      executor: { name: executor, device, versions },
      sizes: layoutOf(file.architecture).sheets.slice(1).map(({ size }) => size),
    }
  }

  /** What to ask the engine with: waits while a new engine is being given the patient. */
  async engine(): Promise<EngineFunctions> {
    await this.#opening
    return this.#engine
  }

  get opened(): OpenedPatient {
    if (!this.#opened) throw new Error('the patient was not opened')
    return this.#opened
  }

  get battery(): Int32Array {
    return this.opened.battery
  }

  /** Unstimulated answers to every item. */
  get answers(): Int32Array {
    if (!this.#answers) throw new Error('the patient was not opened')
    return this.#answers
  }

  get info(): PatientInfo {
    const { file, path, weights, weightsSha256, dataset, items, training } = this.loaded
    const right = this.battery.filter(item => this.answers[item] === answerTarget(items, item)).length
    return {
      name: file.name,
      path,
      architecture: file.architecture,
      parameters: Object.values(weights).reduce((sum, { data }) => sum + data.length, 0),
      weightsSha256,
      trainedSteps: file.provenance?.steps ?? 0,
      ...(training === undefined ? {} : { training }),
      dataset: { name: dataset.name, items: itemCount(items), classNames: dataset.classNames, inputShape: dataset.inputShape },
      statistics: this.opened.statistics,
      battery: this.battery.length,
      baselineAccuracy: right / this.battery.length,
    }
  }

  async present(item: number): Promise<Presentation> {
    this.checked(item)
    return (await this.engine()).present(item)
  }

  async connections(request: { item: number, perLayer: number, unit?: { layer: number, index: number } }): Promise<Connections> {
    this.checked(request.item)
    return (await this.engine()).connections(request)
  }

  /** The next item after `from`, wrapping, that the primary gets right or wrong, or whose class is `target`. */
  findItem({ from, correct, target }: { from: number, correct?: boolean, target?: number }): number {
    const { items } = this.loaded
    const n = itemCount(items)
    for (let step = 1; step <= n; step++) {
      const item = (from + step) % n
      const wanted = answerTarget(items, item)
      const rightEnough = correct === undefined || (this.answers[item] === wanted) === correct
      if (rightEnough && (target === undefined || wanted === target)) return item
    }
    throw new UserError({
      code: 'no-such-item',
      message: `No item of ${this.loaded.dataset.name} is ${correct === false ? 'answered wrongly' : 'answered rightly'}${target === undefined ? '' : ` among class ${this.loaded.dataset.classNames[target] ?? target}`}.`,
      remedy: 'Choose another class, or any item.',
    })
  }

  checked(item: number): number {
    const n = itemCount(this.loaded.items)
    if (item < n) return item
    throw new UserError({ code: 'item-unknown', message: `There is no item ${item}: ${this.loaded.dataset.name} has items 0 to ${n - 1} here.`, remedy: `Choose one from 0 to ${n - 1}.` })
  }
}

export function noPatient(): UserError {
  return new UserError({ code: 'no-patient', message: 'No patient is on the table.', remedy: 'Open one that ships, or a folder of your own.' })
}
