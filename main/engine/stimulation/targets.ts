/**
 * Which numbers of a model a set of interventions acts on: each site as cells of a hook, a direction, a run of weights or an
 * edge. Says what cannot be before anything runs: unknown places, two interventions on one place.
 */
import type { Site, SiteReader, SiteWriter, Span } from '../../../preload/contract/address'
import type { Intervention, InterventionSet } from '../../../preload/contract/intervention'
import type { Model } from '../primary/model'
import { resolveAddress } from '../../../preload/contract/address'
import { UserError } from '../../../preload/contract/errors'
import { hookNamed } from '../primary/model'

/** Scalars of one hook at some positions. */
export interface Cells { kind: 'cells', hook: string, components: number[], span: Span }
export interface Direction { kind: 'direction', hook: string, address: string, span: Span }
/** `size` neighbouring scalars of a tensor. */
export interface Weights { kind: 'weights', tensor: string, from: number, size: number }
export interface Edge { kind: 'edge', from: SiteWriter, to: SiteReader, address: string, span: Span }
export type Place = Cells | Direction | Weights | Edge

export interface Target { intervention: Intervention, place: Place }

/** In the order given. Throws the UserErrors `site-malformed`, `site-unknown`, `site-twice`, `operation-unfit`. */
export function targetsOf({ interventions, compose }: InterventionSet, model: Model): Target[] {
  const taken = new Taken(model, compose)
  return interventions.flatMap((intervention) => {
    const { sites, error } = resolveAddress(intervention.site, model.architecture)
    if (error) throw new UserError(error)
    return sites.map((site) => {
      const target = targetAt(site, intervention, model)
      taken.take(target.place, intervention.site)
      return target
    })
  })
}

/** A site that is resolved already and stands alone. Throws `site-unknown` and `operation-unfit`. */
export function targetAt(site: Site, intervention: Intervention, model: Model): Target {
  const place = placeOf(site, model, intervention.site)
  if (place.kind === 'weights' && intervention.op === 'patch') throw patchedWeight(intervention.site)
  return { intervention, place }
}

function placeOf(site: Site, model: Model, text: string): Place {
  const span = 'positions' in site && site.positions ? site.positions : { from: 0, to: positionsOf(model) }
  if (span.to > positionsOf(model)) {
    throw new UserError({ code: 'site-unknown', message: `Site "${text}": position ${span.to - 1} is beyond the ${positionsOf(model)} positions of these items.`, remedy: `Positions run from 0 to ${positionsOf(model) - 1}.`, path: text })
  }
  const cells = (hook: string, groups: number[] | undefined, of: number): Cells => {
    const { width } = hookNamed(model, hook)
    const size = width / of
    return { kind: 'cells', hook, span, components: groups ? groups.flatMap(group => range(group * size, size)) : range(0, width) }
  }
  switch (site.kind) {
    case 'unit': return model.architecture.kind === 'transformer' ? cells(`${site.module}.unit`, site.indices, hookNamed(model, `${site.module}.unit`).width) : cells(site.module, site.indices, hookNamed(model, site.module).width)
    case 'channel': return cells(site.module, site.indices, hookNamed(model, site.module).shape[0])
    case 'head': return cells(`${site.module}.${site.part}`, site.indices, hookNamed(model, `${site.module}.${site.part}`).shape[1])
    case 'layer':
    case 'residual': return cells(site.module, undefined, 1)
    case 'direction': return { kind: 'direction', hook: site.module, address: `${site.module}.direction[${site.name}]`, span }
    case 'weight': {
      const shape = model.parameters.find(([name]) => name === site.tensor)![1]
      const size = shape.slice(site.indices.length).reduce((a, b) => a * b, 1)
      return { kind: 'weights', tensor: site.tensor, from: site.indices.reduce((flat, index, axis) => flat * shape[axis] + index, 0) * size, size }
    }
    case 'edge': return { kind: 'edge', from: site.from, to: site.to, address: edgeText(site.from, site.to, model), span }
    default: return site satisfies never
  }
}

/** Token positions of a model's items; 1 where there are none. */
export function positionsOf(model: Model): number {
  return model.architecture.kind === 'transformer' ? model.inputs[0] : 1
}

/** Names one edge, whatever range it was written in: its noise stream is called after it. */
function edgeText(from: SiteWriter, to: SiteReader, { architecture }: Model): string {
  const end = ({ module, index }: SiteWriter): string => {
    if (index === undefined) return module
    return `${module}.${module.endsWith('.attn') ? 'head' : module.startsWith('conv.') && architecture.kind === 'cnn' ? 'channel' : 'unit'}[${index}]`
  }
  return `${end(from)} -> ${end(to)}${to.part ? `.${to.part}` : ''}`
}

/** What has been intervened on already, and by whom. */
class Taken {
  readonly #model: Model
  readonly #compose: boolean
  /** By hook: 1 + number of the site that took the cell. */
  readonly #cells = new Map<string, Int32Array>()
  readonly #weights = new Map<string, string>()
  readonly #directions: { place: Direction, site: string }[] = []
  readonly #edges: { place: Edge, site: string }[] = []
  readonly #sites: string[] = []

  constructor(model: Model, compose: boolean) {
    this.#model = model
    this.#compose = compose
  }

  take(place: Place, site: string): void {
    const other = this.#takenBy(place, site)
    if (other !== undefined && !this.#compose) throw twice(site, other)
  }

  /** Takes it, and says who had some of it. */
  #takenBy(place: Place, site: string): string | undefined {
    switch (place.kind) {
      case 'cells': return this.#takeCells(place, site) ?? this.#directions.find(other => other.place.hook === place.hook && meet(other.place.span, place.span))?.site
      case 'direction': {
        const inCells = this.#inCells(place)
        const same = this.#directions.find(other => other.place.address === place.address && meet(other.place.span, place.span))?.site
        this.#directions.push({ place, site })
        return inCells ?? same
      }
      case 'weights': return this.#takeWeights(place.tensor, place.from, place.size, site)
      case 'edge': return this.#takeEdge(place, site)
      default: return place satisfies never
    }
  }

  #takeCells({ hook, components, span }: Cells, site: string): string | undefined {
    const { positions, width } = hookNamed(this.#model, hook)
    const taken = this.#cells.get(hook) ?? new Int32Array(positions * width)
    this.#cells.set(hook, taken)
    const mine = this.#sites.push(site)
    let other = 0
    for (let t = span.from; t < span.to; t++) {
      for (const component of components) {
        other ||= taken[t * width + component]
        taken[t * width + component] = mine
      }
    }
    return other ? this.#sites[other - 1] : undefined
  }

  #inCells({ hook, span }: Direction): string | undefined {
    const { width } = hookNamed(this.#model, hook)
    const found = this.#cells.get(hook)?.subarray(span.from * width, span.to * width).find(number => number > 0)
    return found ? this.#sites[found - 1] : undefined
  }

  #takeWeights(tensor: string, from: number, size: number, site: string): string | undefined {
    let other: string | undefined
    for (let i = from; i < from + size; i++) {
      const key = `${tensor}/${i}`
      other ??= this.#weights.get(key)
      this.#weights.set(key, site)
    }
    return other
  }

  #takeEdge(place: Edge, site: string): string | undefined {
    // Between neighbours of a feed-forward primary, an edge and the weights it runs through are one place.
    const run = denseRun(place, this.#model)
    if (run) return this.#takeWeights(run.tensor, run.from, run.size, site)
    const same = this.#edges.find(other => other.place.address === place.address)
    const part = this.#edges.find(other => other.place.address !== place.address && overlap(other.place, place) && meet(other.place.span, place.span))
    if (part && this.#compose) {
      throw new UserError({ code: 'site-twice', message: `${site} is part of ${part.site}, and edges compose only with the very same edge.`, remedy: 'Give both interventions the same two ends.', path: site })
    }
    this.#edges.push({ place, site })
    return part?.site ?? (same && meet(same.place.span, place.span) ? same.site : undefined)
  }
}

/** The weights an edge between neighbouring layers of an mlp or a cnn runs through. */
export function denseRun({ from, to }: Edge, model: Model): { tensor: string, from: number, size: number } | undefined {
  if (model.architecture.kind === 'transformer') return undefined
  const tensor = `${to.module}.weight`
  const [outs, ...rest] = model.parameters.find(([name]) => name === tensor)![1]
  const each = rest.reduce((a, b) => a * b, 1)
  const sources = hookNamed(model, from.module)
  const parts = from.module.startsWith('conv.') ? sources.shape[0] : sources.width
  const size = each / parts
  if (to.index === undefined || from.index === undefined || to.index >= outs) throw new Error(`no weights for ${from.module} -> ${to.module}`)
  return { tensor, from: to.index * each + from.index * size, size }
}

function overlap(a: Edge, b: Edge): boolean {
  const meets = (x: { module: string, index?: number }, y: { module: string, index?: number }): boolean => x.module === y.module && (x.index === undefined || y.index === undefined || x.index === y.index)
  return meets(a.from, b.from) && meets(a.to, b.to) && a.to.part === b.to.part
}

function meet(a: Span, b: Span): boolean {
  return a.from < b.to && b.from < a.to
}

function range(from: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => from + i)
}

function twice(site: string, other: string): UserError {
  return new UserError({
    code: 'site-twice',
    message: site === other ? `${site} is intervened on twice.` : `${site} is part of ${other}, which is intervened on already.`,
    remedy: 'Leave one out, or set "compose": true to apply them in order.',
    path: site,
  })
}

function patchedWeight(site: string): UserError {
  return new UserError({
    code: 'operation-unfit',
    message: `${site}: patch takes a site's value from another run, and a weight has the same value in every run.`,
    remedy: 'Patch the unit it feeds, or use gate, drive or clamp on the weight.',
    path: site,
  })
}
