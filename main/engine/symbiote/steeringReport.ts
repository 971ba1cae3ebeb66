/**
 * Steering by gates beside its rivals, on held-out items: a steering vector and fine-tuning brought to the same success, and
 * fine-tuning held to the same dose. `find` with the objective steer calls `steeringReport` once it has gates:
 *
 *   const question = questionOf(task, references, circuits.model, { target, seed })
 *   const report = await steeringReport(executor, circuits, { weights, gates, baseline, train: task.train, question, seed, ready })
 *
 * and saves `report.folded` as the steered primary, where there is one.
 */
import type { Items } from '../../../preload/contract/engine'
import type { Baseline } from '../../../preload/contract/intervention'
import type { Measured, Steering, SteeringRow } from '../../../preload/contract/steering'
import type { Executor } from '../executor/executor'
import type { Circuits } from './circuits'
import type { Weights } from './folding'
import type { Answering, SteeringQuestion, Yardstick } from './steering'
import { UserError } from '../../../preload/contract/errors'
import { uploadTensor } from '../executor/executor'
import { tunedTo, tunedWithin } from './fineTuning'
import { foldCircuit, weightChange } from './fold'
import { answeringOf, doseResponse, openYardstick, SHARES } from './steering'
import { bestVector, vectorResponse } from './steeringVector'

export interface SteeringReport extends Steering {
  /** The steered primary's weights; undefined where the gates cannot be folded. */
  folded?: Weights
}

export interface SteeringRequest {
  /** Of the primary as it is. */
  weights: Weights
  /** [candidates]. */
  gates: ArrayLike<number>
  baseline: Baseline
  /** Items the baseline's means are taken over. */
  train: Items
  question: SteeringQuestion
  seed: number
  /** Fine-tuning is the dear part: hundreds of training steps. Done if left out. */
  tuning?: boolean
  /** Awaited between steps, so that the engine answers others meanwhile; rejects to cancel. */
  ready: () => Promise<void>
}

export async function steeringReport(executor: Executor, circuits: Circuits, request: SteeringRequest): Promise<SteeringReport> {
  const { model, parameters } = circuits
  const { weights, gates, baseline, question } = request
  const train = await openYardstick(executor, model, parameters, question, 'train')
  const test = await openYardstick(executor, model, parameters, question, 'test')
  const { folded, unfoldable } = await foldCircuit(executor, circuits, weights, gates, baseline, request.train).then(folded => ({ folded, unfoldable: undefined }), (error: unknown) => {
    if (error instanceof UserError) return { folded: undefined, unfoldable: error.data }
    throw error
  })
  const change = folded && weightChange(weights, folded)
  const [trained] = await doseResponse(circuits, gates, train, [1])
  const response = await doseResponse(circuits, gates, test)
  const { share: _, ...prescribed } = response.find(({ share }) => share === 1)!
  const whole = answeringOf(executor, model)(parameters)
  const rivals = new Rivals(executor, circuits, request, train, test)
  await rivals.vector(trained.success)
  if (request.tuning !== false) {
    await rivals.tuned('success', trained.success)
    await rivals.tuned('dose', change)
  }
  return {
    target: question.target,
    items: { steer: test.steer.rows.length, others: test.others.reduce((sum, { rows }) => sum + rows.length, 0) },
    rows: [
      { method: 'untouched', trainSuccess: await successOf(whole, train), ...await test.measure(whole) },
      { method: 'gates', trainSuccess: trained.success, ...prescribed, ...(change === undefined ? {} : { weightChange: change }) },
      ...rivals.rows,
    ],
    absent: rivals.absent,
    response: { gates: response, ...(rivals.vectorResponse ? { vector: rivals.vectorResponse } : {}) },
    ...(folded ? { folded } : {}),
    ...(unfoldable ? { unfoldable } : {}),
  }
}

class Rivals {
  readonly rows: SteeringRow[] = []
  readonly absent: Steering['absent'] = []
  vectorResponse: Steering['response']['vector']
  readonly #executor: Executor
  readonly #circuits: Circuits
  readonly #request: SteeringRequest
  readonly #train: Yardstick
  readonly #test: Yardstick

  constructor(executor: Executor, circuits: Circuits, request: SteeringRequest, train: Yardstick, test: Yardstick) {
    this.#executor = executor
    this.#circuits = circuits
    this.#request = request
    this.#train = train
    this.#test = test
  }

  async vector(success: number): Promise<void> {
    const { model, parameters } = this.#circuits
    const absent = (why: string): void => void this.absent.push({ method: 'steering vector', equal: 'success', why })
    if (this.#train.examples.length === 0) return absent('no training item is of the target class')
    const { best } = await bestVector(this.#executor, model, parameters, this.#train, success, this.#request.ready)
    if (!best) return absent('at no layer does any strength reach the gates’ success on the training items')
    this.vectorResponse = await vectorResponse(this.#executor, model, parameters, best, this.#test, SHARES)
    const { share: _, ...measured } = this.vectorResponse.find(({ share }) => share === 1)!
    this.rows.push({ method: 'steering vector', equal: 'success', trainSuccess: best.train.success, ...measured, layer: best.hook, strength: best.strength })
  }

  /** With the others' KL in the loss and without. */
  async tuned(equal: 'success' | 'dose', amount: number | undefined): Promise<void> {
    const { weights, seed, ready } = this.#request
    const { model } = this.#circuits
    for (const sparing of [false, true]) {
      const method = sparing ? 'fine-tuning, sparing' : 'fine-tuning'
      const tuned = amount === undefined ? undefined : await (equal === 'success' ? tunedTo : tunedWithin)(this.#executor, model, weights, this.#train, amount, { sparing, seed, ready })
      if (tuned) this.rows.push({ method, equal, ...await this.#measure(tuned), weightChange: weightChange(weights, tuned) })
      else this.absent.push({ method, equal, why: amount === undefined ? 'the gates cannot be folded, so there is no dose in weights to hold it to' : 'it does not reach the gates’ success on the training items' })
    }
  }

  async #measure(weights: Weights): Promise<Measured & { trainSuccess: number }> {
    const { model } = this.#circuits
    const values = model.parameters.map(([name]) => uploadTensor(this.#executor, weights[name]))
    try {
      const answer = answeringOf(this.#executor, model)(values)
      return { trainSuccess: await successOf(answer, this.#train), ...await this.#test.measure(answer) }
    }
    finally {
      this.#executor.free(...values)
    }
  }
}

async function successOf(answer: Answering, { steer, success }: Yardstick): Promise<number> {
  return success(await answer(steer.items, steer.rows))
}
