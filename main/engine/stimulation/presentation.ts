/**
 * What the sheets of the layout show of one item: units as they are, a channel's mean over its map, a head by the length
 * of what it gives out at the position where the answer is read. One array per sheet after the input; the last is the logits.
 */
import type { Items, Presentation } from '../../../preload/contract/engine'
import type { Model } from '../primary/model'
import { layoutOf } from '../../../preload/contract/layout'
import { softmax } from '../../lib/logits'
import { hookNamed } from '../primary/model'
import { answerPosition, answerTarget, gatherInputs } from '../task/items'

export interface ShownSheet {
  module: string
  size: number
  /** Undefined for the outputs. */
  hook?: string
}

/** Sheets after the input. */
export function shownSheets({ architecture }: Model): ShownSheet[] {
  const { sheets } = layoutOf(architecture)
  return sheets.slice(1).map(({ module, size }, i) => {
    if (i === sheets.length - 2) return { module, size }
    const hook = architecture.kind !== 'transformer' ? module : module.endsWith('.attn') ? `${module}.z` : `${module}.unit`
    return { module, size, hook }
  })
}

/** Of one item's value at the sheet's hook, [positions · width], which may be those from `first` on alone. */
export function shownOf({ hook, size }: ShownSheet, model: Model, value: Float32Array, position: number, first = 0): Float32Array {
  const { width, positions } = hookNamed(model, hook!)
  const each = width / size
  const at = value.length === positions * width ? position : position - first
  const here = model.architecture.kind === 'transformer' ? value.subarray(at * width, (at + 1) * width) : value
  if (each === 1) return here.slice()
  const lengths = model.architecture.kind === 'transformer'
  return Float32Array.from({ length: size }, (_, i) => {
    let sum = 0
    for (let j = i * each; j < (i + 1) * each; j++) sum += lengths ? here[j] ** 2 : here[j]
    return lengths ? Math.sqrt(sum) : sum / each
  })
}

/**
 * @param values of the sheets' hooks for this item
 * @param logits [positions · classes] of this item, from position `first` on
 */
export function presentationOf(model: Model, items: Items, item: number, values: Float32Array[], logits: Float32Array, first = 0): Presentation {
  const transformer = model.architecture.kind === 'transformer'
  const position = transformer && model.outputs.positions === 1 ? model.inputs[0] - 1 : answerPosition(items, item)
  const { classes } = model.outputs
  const answer = model.outputs.positions === 1 ? 0 : position - first
  const hooked = shownSheets(model).filter(sheet => sheet.hook)
  const activations = [...hooked.map((sheet, s) => shownOf(sheet, model, values[s], position, first)), logits.slice(answer * classes, (answer + 1) * classes)]
  return {
    item,
    target: answerTarget(items, item),
    ...(transformer ? { position } : {}),
    input: gatherInputs(items, [item]),
    activations,
    probabilities: softmax(activations[activations.length - 1]),
  }
}
