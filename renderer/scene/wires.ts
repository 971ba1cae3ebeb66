/**
 * The three sets of connections: the strongest of the primary, those of a circuit, those of the selected unit. Which of them stands
 * out, and which can be clicked.
 */
import type { Mesh } from 'three'
import type { Layout } from '../../preload/contract/layout'
import type { SceneEdge, Wiring } from './edges'
import type { SceneTheme } from './theme'
import { Edges } from './edges'

export type WireSet = 'strongest' | 'circuit' | 'selected'

export class Wires {
  readonly meshes: Mesh[]
  readonly #sets: Record<WireSet, Edges>
  #theme: SceneTheme

  constructor(theme: SceneTheme) {
    this.#theme = theme
    this.#sets = {
      strongest: new Edges({ width: 1, renderOrder: 3, weightShare: 0, lift: -0.6, crowd: 500 }, theme),
      circuit: new Edges({ width: 1.2, renderOrder: 3, weightShare: 0, lift: -0.6, crowd: 60 }, theme),
      selected: new Edges({ width: 1.5, renderOrder: 4, weightShare: 0.3, lift: 60, crowd: 500 }, theme),
    }
    this.meshes = this.#all.map(({ mesh }) => mesh)
  }

  get #all(): Edges[] {
    return Object.values(this.#sets)
  }

  get count(): number {
    return this.#all.reduce((sum, { count }) => sum + count, 0)
  }

  /** Weights of the selected unit go before those of a circuit, and those before the strongest. */
  get pickable(): Edges {
    const { strongest, circuit, selected } = this.#sets
    return [selected, circuit].find(({ count }) => count > 0) ?? strongest
  }

  /** Whether a connection near a point is meant rather than a site near it. */
  get pickedFirst(): boolean {
    return this.pickable === this.#sets.selected
  }

  set(which: WireSet, wiring: Wiring | undefined, layout: Layout | undefined): void {
    this.#sets[which].set(wiring, layout)
  }

  clear(): void {
    for (const edges of this.#all)
      edges.set(undefined, undefined)
  }

  setDifference(perSheet: readonly ArrayLike<number>[] | undefined, scales: readonly number[]): void {
    for (const edges of this.#all)
      edges.setDifference(perSheet, scales)
  }

  /** Draws one connection bright. */
  hover(edge: SceneEdge | undefined): void {
    for (const edges of this.#all)
      edges.hover(edge)
  }

  setTheme(theme: SceneTheme): void {
    this.#theme = theme
    for (const edges of this.#all)
      edges.setTheme(theme)
  }

  /** Connections stay quiet until something is stimulated, and step back behind those of a selected unit. */
  ink(stimulated: boolean): void {
    const { strongest, circuit, selected } = this.#sets
    const focused = selected.count > 0
    strongest.setInk(this.#theme.edges * (focused ? 0.35 : 1), stimulated ? 0.7 : 0.22)
    circuit.setInk(focused ? 0.5 : 0.95, 1)
    selected.setInk(0.92, 1)
  }

  frame(...now: Parameters<Edges['frame']>): void {
    for (const edges of this.#all)
      edges.frame(...now)
  }

  dispose(): void {
    for (const edges of this.#all)
      edges.dispose()
  }
}
