/**
 * Per-item gradient × weight: mean over items of |∂ loss / ∂ gate| with all gates open, the loss being the item's cross-entropy to
 * its target. In absolute value before the mean, because what raises one item's loss lowers another's.
 */
import type { Method } from '../subject'
import { gateGradients, towardsTargets } from '../gateGradients'
import { everything } from '../subject'

export const gradient: Method = (subject, turn) => gateGradients(subject, towardsTargets(subject), { each: true }).at(everything(subject.circuits), turn)
