/** The tasks of a find, read and checked before the engine is asked: the one the circuit is for, and those it is to spare. */
import type { Items } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import type { FindAsked, TaskItems } from '../../preload/contract/symbiote'
import type { LoadedPatient } from './loading'
import { createHash } from 'node:crypto'
import { UserError } from '../../preload/contract/errors'
import { classesOf } from '../../preload/contract/primary'
import { contextName } from '../../preload/contract/symbiote'
import { datasetBeside, loadItems } from './loading'

/** A task with the hash of its held-out items, on which certificates are computed. */
export interface FindTask extends TaskItems { sha256: string }
export interface FindTasks {
  task: FindTask
  references: FindTask[]
  /** Beside the first, where one symbiote learns several: its data set, and the class it is steered to. */
  contexts?: { task: FindTask, target?: number }[]
}

/** A larger share of a reference's items may not be items of the task as well. Small discrete inputs repeat by chance. */
const OVERLAP = 0.01
/** Tasks that one symbiote learns: each runs the primary once more in every step. */
const MOST_CONTEXTS = 16

/** What can be seen without any data. */
export function checkAsked({ objective, family, target }: FindAsked, references: number, architecture: Architecture, hasReader = false): void {
  const classes = classesOf(architecture)
  if (target !== undefined && target >= classes)
    throw new UserError({ code: 'target-unknown', message: `There is no class ${target}: this primary has classes 0 to ${classes - 1}.`, remedy: `Choose one from 0 to ${classes - 1}.` })
  if (objective === 'steer' && target === undefined)
    throw new UserError({ code: 'target-missing', message: 'Steering needs a class to steer to.', remedy: 'Choose the target class.' })
  if (objective === 'dissociate' && references === 0)
    throw new UserError({ code: 'reference-missing', message: 'Dissociating compares two tasks, and only one was given.', remedy: 'Name a reference task: another data set the primary can do.' })
  if (family === 'reader' && !hasReader)
    throw new UserError({ code: 'reader-missing', message: 'A reader is trained before and applied here, and none was given.', remedy: 'Choose the family free or conditioned, or give a reader’s file on the command line.' })
}

/** `dataset` and `references` are names of data sets that ship, or folders; without `dataset` it is the patient's own task. */
export async function loadTasks(patient: LoadedPatient, { dataset, references }: { dataset?: string, references: string[] }): Promise<FindTasks> {
  const own = datasetBeside(patient.file.task.dataset, patient.path)
  const task = await taskOf(dataset ?? own, patient)
  const others: FindTask[] = []
  for (const name of references) {
    const reference = await taskOf(name, patient)
    refuseOverlap(task, reference)
    others.push(reference)
  }
  return { task, references: others }
}

/** Of a find with several contexts: each data set, to each class where it is to be steered. Throws `context-twice`. */
export async function loadContexts(patient: LoadedPatient, { datasets, references, targets }: { datasets: string[], references: string[], targets: number[] }): Promise<FindTasks & { target?: number }> {
  const { task, references: spared } = await loadTasks(patient, { ...(datasets.length === 0 ? {} : { dataset: datasets[0] }), references })
  const tasks = [task]
  for (const name of datasets.slice(1)) {
    const other = await taskOf(name, patient)
    spared.forEach(reference => refuseOverlap(other, reference))
    tasks.push(other)
  }
  const all: { task: FindTask, target?: number }[] = tasks.flatMap(task => targets.length === 0 ? [{ task }] : targets.map(target => ({ task, target })))
  const [{ target }, ...contexts] = all
  checkTwice(all)
  return { task, references: spared, ...(target === undefined ? {} : { target }), ...(contexts.length > 0 ? { contexts } : {}) }
}

/** What can be seen without any data: throws `contexts-unfit` where several tasks are asked of a symbiote that cannot learn them. */
export function checkSeveral({ family, objective }: Pick<FindAsked, 'family' | 'objective'>, datasets: number, targets: number): void {
  const contexts = Math.max(1, datasets) * Math.max(1, targets)
  if (contexts < 2) return
  const refuse = (why: string, remedy: string): never => {
    throw new UserError({ code: 'contexts-unfit', message: `${contexts} tasks were given, and ${why}.`, remedy })
  }
  if (family !== 'conditioned') refuse(`a symbiote of the family ${family} learns one`, 'Use --family conditioned, or find the circuit of one task after the other.')
  if (objective === 'dissociate') refuse('a dissociation is between one task and its references', 'Give the other tasks with --reference, or use --objective necessary.')
  if (targets > 1 && objective !== 'steer') refuse(`several target classes mean nothing to the objective ${objective}`, 'Use --objective steer, or leave --target out.')
  if (contexts > MOST_CONTEXTS) refuse(`at most ${MOST_CONTEXTS} are learned together`, 'Find the circuits of some of them, and then of the others.')
}

function checkTwice(all: readonly { task: FindTask, target?: number }[]): void {
  const seen = new Set<string>()
  for (const { task, target } of all) {
    const key = `${task.sha256}/${target ?? ''}`
    if (seen.has(key)) throw new UserError({ code: 'context-twice', message: `The task ${contextName(task.name, target)} was given twice.`, remedy: 'Name every data set and every target class once.' })
    seen.add(key)
  }
}

async function taskOf(name: string, { file: { architecture } }: LoadedPatient): Promise<FindTask> {
  const test = await loadItems(name, architecture, 'test')
  if (!test.info.divided) {
    throw new UserError({
      code: 'no-test-split',
      message: `${test.info.name} has no test split: a circuit would be judged on the very items it was found on.`,
      remedy: 'Add a tensor "split" to its data.safetensors, 0 for items to find with and 1 for items held out.',
      path: name,
    })
  }
  const train = await loadItems(name, architecture, 'train')
  return { name: test.info.name, train: train.items, test: test.items, sha256: test.info.sha256 }
}

function refuseOverlap(task: FindTask, reference: FindTask): void {
  const refuse = (what: string): never => {
    throw new UserError({ code: 'tasks-overlap', message: `The reference ${reference.name} overlaps the task ${task.name}: ${what}.`, remedy: 'Choose as reference a task whose items and answers are others; what is to be spared cannot be what is to be found.' })
  }
  if (reference.sha256 === task.sha256) refuse('it is the same data set')
  const known = new Set([task.train, task.test].flatMap(keysOf))
  const keys = [reference.train, reference.test].flatMap(keysOf)
  const shared = keys.filter(key => known.has(key)).length
  if (shared > OVERLAP * keys.length) refuse(`${shared.toLocaleString('en')} of its ${keys.length.toLocaleString('en')} items are the same, answers included`)
}

/** One short text per item: a hash over its input, its targets and which of them count. */
function keysOf({ inputs, targets, mask }: Items): string[] {
  const n = inputs.shape[0]
  return Array.from({ length: n }, (_, i) => {
    const hash = createHash('sha1')
    for (const data of [inputs.data, targets, ...mask ? [mask] : []]) {
      const each = data.length / n
      const row = data.subarray(i * each, (i + 1) * each)
      hash.update(new Uint8Array(row.buffer, row.byteOffset, row.byteLength))
    }
    return hash.digest('base64')
  })
}
