/** Which answers a task is about. A primary may serve several tasks, each in classes of its own; the others are not compared. */
import type { Items } from '../../../preload/contract/engine'
import type { Model } from '../primary/model'
import { targetsPerItem } from '../../lib/answers'

/** Classes that occur among the targets, at least two of them, in order; every class where answers are tokens or one class alone occurs. */
export function answersOfTask(items: Items, { outputs }: Pick<Model, 'outputs'>): number[] {
  const all = Array.from({ length: outputs.classes }, (_, c) => c)
  if (targetsPerItem(items) > 1) return all
  const found = [...new Set(items.targets)].sort((a, b) => a - b)
  return found.length > 1 ? found : all
}

/** Logits of the answers alone, [rows, classes] → [rows, answers]. */
export function narrowed(logits: Float32Array, classes: number, answers: readonly number[]): Float32Array {
  if (answers.length === classes) return logits
  const rows = logits.length / classes
  const narrow = new Float32Array(rows * answers.length)
  for (let row = 0; row < rows; row++) {
    for (let a = 0; a < answers.length; a++) narrow[row * answers.length + a] = logits[row * classes + answers[a]]
  }
  return narrow
}
