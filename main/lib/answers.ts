/** Where the answers of a data set's items are: one class an item, or a token at every position of which some count. */
import type { Items } from '../../preload/contract/engine'

export function itemCount({ inputs }: Pick<Items, 'inputs'>): number {
  return inputs.shape[0]
}

/** Targets per item: 1, or the positions of a next-token item. */
export function targetsPerItem(items: Items): number {
  return items.targets.length / itemCount(items)
}

/** Of an item's targets the last that counts: where its answer is read. */
export function answerPosition(items: Items, row: number): number {
  const n = targetsPerItem(items)
  for (let t = n - 1; t > 0; t--) {
    if (!items.mask || items.mask[row * n + t] > 0) return t
  }
  return 0
}

/** The class, or the token at the position the answer is read at. */
export function answerTarget(items: Items, row: number): number {
  return items.targets[row * targetsPerItem(items) + answerPosition(items, row)]
}
