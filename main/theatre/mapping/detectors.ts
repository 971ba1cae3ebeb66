/**
 * Seizures, after-discharges and spread, as a network has them. A seizure is activity that is none any more: a value that is no
 * number, a norm that explodes, answers that are the same whatever is asked. An after-discharge outlasts the stimulation, which a
 * primary without state between items cannot show; its state is checked after every trial all the same.
 */
import type { Presentation, SiteStatistics, StimulateResult } from '../../../preload/contract/engine'
import type { Seizure } from '../../../preload/contract/mapping'
import type { Architecture } from '../../../preload/contract/primary'
import type { Protocol } from '../../../preload/contract/protocol'
import { layoutOf } from '../../../preload/contract/layout'
import { softmax } from '../../lib/logits'

/** Answers to a battery that vary less than this without stimulation (nats) cannot collapse. */
const VARIED = 0.5

export function seizureOf({ outputs, pairedOutputs, before, after }: StimulateResult, limits: Protocol['seizure']): Seizure | undefined {
  const bad = [outputs, ...after.activations].reduce((count, values) => count + values.filter(value => !Number.isFinite(value)).length, 0)
  if (bad > 0) return { what: 'not-a-number', value: bad, limit: 0 }
  const norm = Math.max(normOf(after.activations) / normOf(before.activations), normOf([outputs]) / normOf([pairedOutputs]))
  if (norm > limits.norm) return { what: 'norm', value: norm, limit: limits.norm }
  const classes = before.probabilities.length
  const usual = variety(pairedOutputs, classes)
  const now = variety(outputs, classes)
  if (usual > VARIED && now < limits.entropy * usual) return { what: 'entropy', value: now / usual, limit: limits.entropy }
  return undefined
}

function normOf(parts: readonly Float32Array[]): number {
  return Math.sqrt(parts.reduce((sum, values) => sum + values.reduce((squares, value) => squares + value * value, 0), 0)) || Number.MIN_VALUE
}

/** Entropy of the mean answer over all rows, nats: 0 when every item gets the same answer for sure. */
function variety(logits: Float32Array, classes: number): number {
  const mean = new Float64Array(classes)
  const rows = logits.length / classes
  for (let row = 0; row < rows; row++) softmax(logits.subarray(row * classes, (row + 1) * classes)).forEach((p, c) => (mean[c] += p / rows))
  return mean.reduce((sum, p) => p > 0 ? sum - p * Math.log(p) : sum, 0)
}

/** Of the item shown: on each sheet behind the first that changes, how many places moved by more than their standard deviation. */
export function spreadOf(before: Presentation, after: Presentation, { sigma }: SiteStatistics, architecture: Architecture): { sheet: string, changed: number, of: number }[] {
  const { sheets } = layoutOf(architecture)
  const differs = before.activations.map((values, s) => values.some((value, i) => value !== after.activations[s][i]))
  const first = differs.indexOf(true)
  if (first < 0) return []
  return before.activations.flatMap((values, s) => s <= first
    ? []
    : [{ sheet: sheets[s + 1].module, changed: values.reduce((count, value, i) => count + (Math.abs(after.activations[s][i] - value) > sigma[s][i] ? 1 : 0), 0), of: values.length }])
}

export function afterDischarge(trials: number, statesSame: number): { finding: 'after-discharge', applicable: boolean, reason: string, trials: number } {
  const reason = trials === statesSame
    ? `Not applicable: the primary keeps no state between items. Its answers right after each of ${trials} trials were those before the first, bit by bit.`
    : `The answers after ${trials - statesSame} of ${trials} trials were not those before the first, although the primary keeps no state between items: the instrument is at fault.`
  return { finding: 'after-discharge', applicable: false, reason, trials }
}
