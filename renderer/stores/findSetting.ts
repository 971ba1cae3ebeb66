/** What can be asked of a symbiote, with one plain sentence each, and a setting as the host takes it. Pure; part of the find store. */
import type { Baseline } from '../../preload/contract/intervention'
import type { Architecture } from '../../preload/contract/primary'
import type { HostFunctions } from '../../preload/contract/rpc'
import type { SiteSelection } from '../../preload/contract/sweep'
import type { Family, FindInfo, Objective } from '../../preload/contract/symbiote'

export interface FindSetting {
  objective: Objective
  /** Id of a `SiteKind`. */
  sites: string
  family: Exclude<Family, 'reader'>
  baseline: Baseline
  /** Percent of the candidates, or as few as will do. */
  budget: 'auto' | number
  seeds: number
  /** Gradient steps a seed; left out, as many as the sites need. */
  steps?: number | undefined
  certificate: 'fast' | 'full'
  /** Of `steer`. */
  target: number
  /** Name or folder; empty: the patient's own task. */
  dataset: string
  references: string[]
}

export const FIRST_FIND: FindSetting = { objective: 'sufficient', sites: '', family: 'free', baseline: 'zero', budget: 'auto', seeds: 5, certificate: 'full', target: 0, dataset: '', references: [] }

export const OBJECTIVES: readonly { id: Objective, title: string, hint: string }[] = [
  { id: 'sufficient', title: 'sufficient', hint: 'The smallest part that still does the task when everything else is taken out.' },
  { id: 'necessary', title: 'necessary', hint: 'The smallest inhibition that abolishes the task and spares the references.' },
  { id: 'steer', title: 'steer', hint: 'The smallest dose that brings one answer about and changes little else.' },
  { id: 'dissociate', title: 'dissociate', hint: 'What takes this task and spares the reference, and the reverse.' },
]

export const FAMILIES: readonly { id: FindSetting['family'], title: string, hint: string }[] = [
  { id: 'free', title: 'free', hint: 'a gate of its own for every site: best on one task' },
  { id: 'conditioned', title: 'conditioned', hint: 'low rank in site and task: one symbiote for several tasks' },
]

export const DEPTHS: readonly { id: FindSetting['certificate'], title: string, hint: string }[] = [
  { id: 'full', title: 'full', hint: 'with random circuits and negative controls: minutes' },
  { id: 'fast', title: 'fast', hint: 'without them: never certifies, but is quick' },
]

export interface SiteKind { id: string, title: string, hint: string, sites: SiteSelection }

/** Only kinds the primary has, the one worth beginning with first. */
export function siteKinds(architecture: Architecture): SiteKind[] {
  const kind = (sites: SiteSelection & string, title: string, hint: string): SiteKind => ({ id: sites, title, hint, sites })
  switch (architecture.kind) {
    case 'transformer': return [
      kind('heads', 'heads', `${architecture.layers * architecture.heads} attention heads`),
      ...architecture.dMlp > 0 ? [kind('units', 'mlp units', `${(architecture.layers * architecture.dMlp).toLocaleString('en')} units`)] : [],
      kind('weights', 'weights', 'every weight of attention and mlp'),
      kind('edges', 'edges', 'from each head or mlp to each later one'),
    ]
    case 'cnn': return [
      kind('units', 'channels and units', 'feature maps and hidden units'),
      kind('weights', 'kernels', 'each kernel one site'),
      ...architecture.conv.length > 1 ? [kind('edges', 'edges', 'from channel to channel')] : [],
    ]
    case 'mlp': return [
      kind('units', 'units', `${architecture.hidden.reduce((a, b) => a + b, 0).toLocaleString('en')} hidden units`),
      kind('weights', 'weights', 'every connection'),
      kind('edges', 'edges', 'from unit to unit'),
    ]
    default: return architecture satisfies never
  }
}

export type FindCommand = Parameters<HostFunctions['find']>[0]

export function commandOf(setting: FindSetting, sites: SiteSelection): FindCommand {
  const { objective, family, baseline, budget, seeds, steps, certificate, target, dataset, references } = setting
  return {
    sites,
    objective,
    family,
    baseline,
    budget: budget === 'auto' ? 'auto' : budget / 100,
    seeds,
    seed: 1,
    certificate,
    references,
    ...(steps === undefined ? {} : { steps }),
    ...(objective === 'steer' ? { target } : {}),
    ...(dataset.trim() === '' ? {} : { dataset: dataset.trim() }),
  }
}

/** Why a setting cannot be asked, where it cannot. */
export function problemOf({ objective, budget, references, target }: FindSetting, classes: number): string | undefined {
  if (objective === 'dissociate' && references.length === 0) return 'Dissociating compares two tasks: add a reference.'
  if (objective === 'steer' && target >= classes) return `The patient has classes 0 to ${classes - 1}.`
  if (budget !== 'auto' && !(budget > 0 && budget <= 100)) return 'A budget is a percentage above 0, or auto.'
  return undefined
}

/** `sufficient · heads · free · 5 seeds · to zero`: what was asked, in a line. */
export function askedLine({ asked }: Pick<FindInfo, 'asked'>): string {
  const { objective, sites, family, seeds, baseline, budget } = asked
  const where = typeof sites === 'string' ? sites : `${sites.length} addresses`
  const to = typeof baseline === 'string' ? baseline : `resample ${baseline.resample}`
  return [objective, where, family, `${seeds} seed${seeds === 1 ? '' : 's'}`, `to ${to}`, ...budget === 'auto' ? [] : [`budget ${Number((100 * budget).toPrecision(3))} %`]].map(part => part.replaceAll(' ', '\u00A0')).join('\u00A0· ')
}
