/** A mapping in words, for somebody who has never seen one. */
import type { Interrupt, MappingMode, MappingPhase } from '../../../preload/contract/mapping'
import type { Protocol } from '../../../preload/contract/protocol'
import type { Verdict } from './fold'

export const PHASES: readonly { id: MappingPhase, title: string, hint: string }[] = [
  { id: 'prepare', title: 'prepare', hint: 'Items are drawn; those the patient fails without stimulation are left out.' },
  { id: 'calibrate', title: 'calibrate', hint: 'At each site the strength goes up step by step, until answers are lost or the cap is reached.' },
  { id: 'map', title: 'map', hint: 'Trials with different items, the sites in shuffled order, shams in between.' },
  { id: 'verify', title: 'verify', hint: 'The findings are checked on items nobody has seen so far.' },
  { id: 'report', title: 'report', hint: 'A verdict for every site, each with its control.' },
]

export const MODE_CHOICES: readonly { id: MappingMode, title: string, hint: string }[] = [
  { id: 'hand', title: 'by hand', hint: 'You choose each site; every answer is scored by you.' },
  { id: 'assisted', title: 'assisted', hint: 'The protocol says which site is next; you present and score.' },
  { id: 'unattended', title: 'unattended', hint: 'The protocol runs by itself; answers are scored automatically.' },
]

export const BLINDINGS: readonly { id: Protocol['blinding'], title: string, hint: string }[] = [
  { id: 'none', title: 'nobody', hint: 'Sites and shams are shown as they come.' },
  { id: 'scorer', title: 'the scorer', hint: 'This screen shows neither site nor sham, and no map, until it is unblinded.' },
  { id: 'both', title: 'both', hint: 'By hand the operator knows the site but not whether it is a sham.' },
]

export const CORRECTIONS: readonly { id: Protocol['test']['correction'], title: string, hint: string }[] = [
  { id: 'holm', title: 'Holm', hint: 'The chance of even one wrong positive on the whole map stays below α.' },
  { id: 'bh', title: 'Benjamini–Hochberg', hint: 'Of the positives, on average no more than a share of α is wrong. Finds more.' },
]

export const correctionName = (correction: Protocol['test']['correction']): string => correction === 'holm' ? 'Holm' : 'BH'

export const VERDICTS: Record<Verdict['verdict'], { title: string, tone: string, hint: string }> = {
  'positive': { title: 'positive', tone: 'wrong', hint: 'Stimulating this site costs the patient answers, more than chance would.' },
  'negative': { title: 'negative', tone: 'right', hint: 'Shown not to matter: even at the strongest current tested, fewer answers are lost than the protocol calls an effect.' },
  'indeterminate': { title: 'undecided', tone: 'quiet', hint: 'Tested, and neither shown to matter nor shown not to.' },
  'not-tested': { title: 'not tested', tone: 'faint', hint: 'Nothing is known of this site.' },
}

export const INTERRUPT_TITLES: Record<Interrupt, string> = {
  'after-discharge': 'After-discharge',
  'seizure': 'Seizure',
  'operator': 'Stopped by the operator',
  'instrument': 'The instrument is faulty',
  'weights-changed': 'The patient is not the same any more',
}

export const INTERRUPT_HINTS: Record<Interrupt, string> = {
  'after-discharge': 'Activity went on after the stimulation had ended.',
  'seizure': 'The patient’s values left their range: what it answers now says nothing about the site.',
  'operator': 'Nothing is stimulated. Every trial so far is recorded.',
  'instrument': 'What was measured with it is in doubt.',
  'weights-changed': 'The weights are not those the mapping began with. A map is of one patient.',
}

/** `< 0.001`, `0.032`. */
export function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(p < 0.1 ? 3 : 2)
}

/** Shares as whole percents, an interval beside them. */
export function shareText(share: number): string {
  return `${(100 * share).toFixed(0).replace('-', '−')} %`
}

export function intervalText([low, high]: readonly [number, number]): string {
  return `${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)} %`
}

/** `gate 0`, `drive +3 σ`: how a strength of the protocol is called. */
export function strengthName(op: Protocol['stimulation']['op'], strength: number): string {
  const text = String(Math.round(strength * 100) / 100).replace('-', '−')
  return op === 'gate' ? `gate ${text}` : `${op} ${text} σ`
}

export function durationText(seconds: number): string {
  return seconds < 60 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`
}

/** For whom the address says nothing: a short form. `blocks.1.attn.head[0]` → `1.0`. */
export function shortSite(site: string): string {
  const head = /^blocks\.(\d+)\.attn\.head\[(\d+)\]$/.exec(site)
  return head ? `head ${head[1]}.${head[2]}` : site
}
