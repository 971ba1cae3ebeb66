/** What a find works on: a primary under gates, one task of it with its held-out items, and what the objective makes of them. */
import type { FindRequest } from '../../../preload/contract/symbiote'
import type { Executor } from '../executor/executor'
import type { Behaviour } from './behaviour'
import type { Yardstick } from './certificate/measures'
import type { Circuits } from './circuits'
import type { SteeringQuestion } from './steering'
import type { Term } from './terms'
import { UserError } from '../../../preload/contract/errors'
import { contextName } from '../../../preload/contract/symbiote'
import { percent } from '../../lib/percent'
import { uploadTensor } from '../executor/executor'
import { modelOf } from '../primary/models'
import { answersOfTask } from './answers'
import { behaviourOf } from './behaviour'
import { yardstickOf } from './certificate/measures'
import { openCircuits } from './circuits'
import { slotsOf } from './slots'
import { questionOf } from './steering'
import { termsOf } from './terms'

/** Items that a task is learned on and judged on, at most. Tokens of an item cost as much as items. */
const ITEMS = { mlp: [4096, 2048], cnn: [2048, 1024], transformer: [512, 256] } as const
/** Of an answer's way from chance to always right, what a primary must have gone for its task to be worth asking about. */
const ABLE = 0.2

/** Everything a find works on, open on the executor. */
export interface Subject {
  executor: Executor
  request: FindRequest
  circuits: Circuits
  train: Behaviour
  heldOut: Behaviour
  references: { train: Behaviour, heldOut: Behaviour }[]
  yardstick: Yardstick
  terms: Term[]
  /** Of `steer`. */
  question?: SteeringQuestion
}

/** Opens what a find works on, and frees it whatever happens; `open` checks the task. */
export async function withSubject<T>(executor: Executor, request: FindRequest, use: (open: () => Promise<Subject>) => Promise<T>): Promise<T> {
  const { architecture, weights, task } = request
  const model = modelOf(architecture, { tensors: Object.keys(weights), positions: task.train.inputs.shape[1] })
  const slots = slotsOf(request.sites, model)
  const parameters = model.parameters.map(([name]) => uploadTensor(executor, weights[name]))
  try {
    const circuits = await openCircuits(executor, model, parameters, slots, request.baseline, task.train)
    try {
      return await use(() => subjectOf(executor, request, circuits))
    }
    finally {
      circuits.dispose()
    }
  }
  finally {
    executor.free(...parameters)
  }
}

/** The same of several tasks of one primary, each under baselines of its own. Throws with the name of the task that does not do. */
export async function withSubjects<T>(executor: Executor, requests: readonly FindRequest[], use: (open: () => Promise<Subject[]>) => Promise<T>): Promise<T> {
  const several = requests.length > 1
  const nested = ([request, ...rest]: readonly FindRequest[], open: () => Promise<Subject[]>): Promise<T> => request === undefined
    ? use(open)
    : withSubject(executor, request, own => nested(rest, async () => [...await open(), await named(request, several, own)]))
  return nested(requests, async () => [])
}

/** What `make` gives; what it throws says which of several tasks it is about. */
export async function named<T>({ task, target }: FindRequest, several: boolean, make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  }
  catch (error) {
    if (!several || !(error instanceof UserError) || error.code === 'cancelled') throw error
    throw new UserError({ ...error.data, message: `${contextName(task.name, target)}: ${error.message}` })
  }
}

async function subjectOf(executor: Executor, request: FindRequest, circuits: Circuits): Promise<Subject> {
  const [most, held] = ITEMS[request.architecture.kind]
  const open = async ({ train, test }: FindRequest['task']): Promise<{ train: Behaviour, heldOut: Behaviour }> => {
    // What is steered to is to be answered instead of every other class, not only of the task's.
    const answers = request.objective === 'steer' ? Array.from({ length: circuits.model.outputs.classes }, (_, c) => c) : answersOfTask(train, circuits.model)
    return { train: await behaviourOf(circuits, train, answers, most), heldOut: await behaviourOf(circuits, test, answers, held) }
  }
  const { train, heldOut } = await open(request.task)
  const yardstick = await yardstickOf(circuits, heldOut)
  checkTask(request, yardstick, train)
  const references: { train: Behaviour, heldOut: Behaviour }[] = []
  for (const reference of request.references) references.push(await open(reference))
  const terms = await termsOf(request.objective, circuits, train, references.map(reference => reference.train), request.target)
  const { objective, task, target, seed } = request
  // Before minutes of work: whether there is anything to steer and to spare.
  const question = objective === 'steer' ? questionOf(task, request.references, circuits.model, { target: target!, seed }) : undefined
  return { executor, request, circuits, train, heldOut, references, yardstick, terms, ...(question ? { question } : {}) }
}

function checkTask({ task, objective, target }: FindRequest, { full }: Yardstick, { answers }: Behaviour): void {
  if (objective === 'steer' && (target === undefined || !answers.includes(target))) {
    throw new UserError({ code: 'target-missing', message: target === undefined ? 'To steer, a target class is needed.' : `Class ${target} is none of the answers of ${task.name} (${answers.join(', ')}).`, remedy: `Give one of ${answers.slice(0, 12).join(', ')} with --target.` })
  }
  if (objective !== 'steer' && full.accuracy < full.chance + ABLE * (1 - full.chance)) {
    throw new UserError({ code: 'task-undone', message: `The primary does not do the task ${task.name}: it is right on ${percent(full.accuracy)} of held-out items, and always giving the commonest answer on ${percent(full.chance)}.`, remedy: 'Choose a task the primary was trained on, or a primary that does this one.' })
  }
}
