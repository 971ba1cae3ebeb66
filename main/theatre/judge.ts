/**
 * Holds the methods that find circuits against a known one: the engine gives a score per candidate and never sees the truth,
 * which is read here.
 */
import type { Baseline } from '../../preload/contract/intervention'
import type { JudgeMethod, JudgeProgress } from '../../preload/contract/judge'
import type { Truth, TruthKind } from '../../preload/contract/truth'
import type { Places } from '../files/shipped'
import type { EngineClient } from '../host/engineClient'
import type { Membership } from '../lib/scores'
import { ulid } from 'ulid'
import { readTruth } from '../files/truth'
import { scoresOf } from '../lib/scores'
import { loadPatient } from './loading'

export interface JudgeAsked {
  primary: string
  dataset: string
  /** The file. */
  truth: string
  sites: TruthKind
  baseline: Baseline
  methods: JudgeMethod[]
  items?: number
  seed: number
}

/** Without `auroc` and `ap` it has the reason. */
export interface JudgedMethod { name: JudgeMethod, auroc?: number, ap?: number, reason?: string, seconds: number }

export interface Judged {
  state: 'finished' | 'cancelled'
  primary: string
  dataset: string
  items: number
  /** Answers compared. */
  classes: string[]
  /** Candidates: of the circuit, not of it, and left out of the scoring. */
  candidates: { sites: number, others: number, inert: number }
  methods: JudgedMethod[]
  /** What keeps the figures from meaning much. */
  warning?: string
}

export async function judgeMethods(engine: EngineClient, places: Places, asked: JudgeAsked, { signal, progress }: { signal: AbortSignal, progress: (at: JudgeProgress) => void }): Promise<Judged> {
  const { sites, baseline, methods, seed } = asked
  const { file, weights, dataset, items } = await loadPatient(asked.primary, places, asked.dataset, 'train')
  const truth = await readTruth(asked.truth, sites, file.architecture)
  const judge = ulid()
  const undo = engine.on('judging', (at) => {
    if (at.judge === judge) progress(at)
  })
  // A lost engine has cancelled it already.
  const cancel = (): void => void engine.functions.cancel(judge).catch(() => {})
  signal.addEventListener('abort', cancel)
  try {
    const result = await engine.functions.judge({ judge, architecture: file.architecture, weights, sites, baseline, train: items, methods, seed, ...(asked.items === undefined ? {} : { items: asked.items }) })
    const membership = membershipOf(result.addresses, truth)
    const count = (wanted: Membership): number => membership.filter(one => one === wanted).length
    const warning = warningOf(truth, baseline)
    return {
      state: result.state,
      primary: file.name,
      dataset: dataset.name,
      items: result.items,
      classes: result.classes.map(c => dataset.classNames[c] ?? String(c)),
      candidates: { sites: count('site'), others: count('other'), inert: count('inert') },
      methods: result.methods.map(({ scores, ...about }) => {
        if (!scores) return about
        const { auroc, ap } = scoresOf(scores, membership)
        return { ...about, auroc, ap }
      }),
      ...(warning === undefined ? {} : { warning }),
    }
  }
  finally {
    undo()
    signal.removeEventListener('abort', cancel)
  }
}

export function membershipOf(addresses: readonly string[], { sites, inert }: Pick<Truth, 'sites' | 'inert'>): Membership[] {
  const [members, left] = [new Set(sites), new Set(inert)]
  return addresses.map(address => members.has(address) ? 'site' : left.has(address) ? 'inert' : 'other')
}

/** What a circuit is depends on what a removed site falls back to. */
function warningOf(truth: Truth, baseline: Baseline): string | undefined {
  const used = typeof baseline === 'string' ? baseline : 'resample'
  if (truth.baseline === undefined || truth.baseline === used) return undefined
  return `The truth was established with the baseline ${truth.baseline}, and the methods use ${used}.`
}
