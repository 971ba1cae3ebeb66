/** Strengths and doses: what does nothing, how far a strength is from that, which of a protocol's are allowed at a site. */
import type { Intervention } from '../../../preload/contract/intervention'
import type { Protocol, StimulationPlan } from '../../../preload/contract/protocol'

/** The strength that does nothing: what a sham is. */
export function neutralStrength({ op }: StimulationPlan): number {
  return op === 'gate' ? 1 : 0
}

export function doseOf(plan: StimulationPlan, strength: number): number {
  return Math.abs(strength - neutralStrength(plan))
}

export function interventionAt(plan: StimulationPlan, site: string, strength: number): Intervention {
  switch (plan.op) {
    case 'gate': return { site, op: 'gate', strength, baseline: plan.baseline }
    case 'drive': return { site, op: 'drive', strength }
    case 'noise': return { site, op: 'noise', strength, seed: plan.seed }
    default: return plan satisfies never
  }
}

export function capAt({ doseCap, siteCaps }: Protocol, site: string): number {
  return Math.min(doseCap, siteCaps[site] ?? doseCap)
}

/**
 * Strengths that may be used at a site, by ascending dose.
 * @param seizedAt doses at which it seized: only what is below them is left
 */
export function allowedStrengths(protocol: Protocol, site: string, seizedAt: readonly number[] = []): number[] {
  const cap = capAt(protocol, site)
  return protocol.stimulation.strengths.filter((strength) => {
    const dose = doseOf(protocol.stimulation, strength)
    return dose <= cap && seizedAt.every(seized => dose < seized)
  })
}

/** The protocol's own largest, whether or not a site allows it. */
export function largestStrength({ stimulation }: Protocol): number {
  return stimulation.strengths[stimulation.strengths.length - 1]
}
