/** Carries a find into the scene: how open every place is, the circuit's own connections, and in words what that means. Part of `sceneFeed`. */
import type { Scene } from '../scene/scene'
import type { useFind } from '../stores/find'

export type FindPicture = NonNullable<ReturnType<typeof useFind>['picture']>

export interface CircuitNote {
  title: string
  note: string
  /** Both ends of the hue mean something: in a sufficient circuit nothing is dosed, only kept or left out. */
  dosed: boolean
}

export function showPicture(scene: Scene, picture: FindPicture | undefined): void {
  // Input and outputs are never in question.
  scene.setOpacity(picture?.opacity.map((sheet, i, all) => i === 0 || i === all.length - 1 ? undefined : sheet))
  scene.setCircuitEdges(picture?.wires)
}

export function noteOf({ info, gathered, connections, drawn, look, candidates }: FindPicture, judged: boolean, rival: number | undefined): CircuitNote {
  const { objective, seeds } = info.asked
  const n = candidates.addresses.length.toLocaleString('en')
  const whose = !judged ? `gate, ${seeds === 1 ? 'of one seed' : `mean over ${seeds} seeds`}` : rival === undefined ? `share of ${seeds} seeds that hold it` : 'member of this seed’s circuit'
  const wires = connections > drawn ? `${drawn.toLocaleString('en')} of ${connections.toLocaleString('en')} connections drawn` : connections > 0 ? `${connections.toLocaleString('en')} connections` : undefined
  return {
    title: objective !== 'sufficient' ? 'what the symbiote does to a site' : candidates.wired ? 'drawn: in the circuit · hollow: nothing of it leads here' : 'filled: in the circuit · hollow: taken out',
    note: [`opacity: ${whose}`, `${n} candidates`, ...wires ? [wires] : [], ...gathered ? ['a place shows the share of what it holds'] : []].join(' · '),
    dosed: objective !== 'sufficient' || look.hue.some(hue => hue > 0.005),
  }
}
