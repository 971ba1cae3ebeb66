/** The automatic code of a shown item's answer, in the vocabulary that people score with. */
import type { Presentation } from '../../../preload/contract/engine'
import type { ErrorCode } from '../../../preload/contract/vocabulary'
import { argmax, margin } from '../../lib/logits'

/** No class stands out where the answer is nearly as uncertain as it can be. */
const UNCERTAIN = 0.9
/** Right, and less than this share of the margin is left. */
const SLOWED = 0.5
/** Near: among these many of the classes that the primary itself takes for likeliest after the right one, and at least two. */
const NEAR = 0.1

/**
 * @param before the item without stimulation
 * @param lastAnswer what was answered to the item shown before this one
 */
export function codeOf(before: Presentation, after: Presentation, lastAnswer: number | undefined): { code: ErrorCode, confidence: number } {
  const { target, probabilities } = after
  const answer = argmax(probabilities)
  const confidence = probabilities[answer]
  if (!Number.isFinite(confidence)) return { code: 'error', confidence: 0 }
  if (answer === target) {
    const [was, is] = [logitsOf(before), logitsOf(after)].map(logits => margin(logits, target))
    return { code: is < SLOWED * was ? 'slowed' : 'correct', confidence }
  }
  if (uncertainty(probabilities) > UNCERTAIN) return { code: 'no-answer', confidence }
  if (answer === lastAnswer) return { code: 'perseveration', confidence }
  return { code: rankOf(answer, before.probabilities, target) < Math.max(2, Math.ceil(NEAR * probabilities.length)) ? 'confusion-near' : 'confusion-far', confidence }
}

function logitsOf({ activations }: Presentation): Float32Array {
  return activations[activations.length - 1]
}

/** Entropy as a share of the largest there is. */
function uncertainty(probabilities: Float32Array): number {
  return probabilities.reduce((sum, p) => p > 0 ? sum - p * Math.log(p) : sum, 0) / Math.log(probabilities.length)
}

/** Place of a wrong answer among the wrong ones, likeliest first, from 0. */
function rankOf(answer: number, probabilities: Float32Array, target: number): number {
  return probabilities.reduce((above, p, c) => above + (c !== target && c !== answer && p > probabilities[answer] ? 1 : 0), 0)
}
