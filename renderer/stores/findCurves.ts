/** The curves of a find's training: behaviour, size and pressure over steps, thinned so that a long run stays light. Part of the find store. */
import type { FindProgress, FindResult } from '../../preload/contract/symbiote'
import { shallowRef } from 'vue'

export type TrainingPoint = FindResult['history'][number]
type Told = NonNullable<FindProgress['training']>

/** Every second one goes when there are more. */
const MOST = 400

export interface FindCurves {
  points: TrainingPoint[]
  /** Steps of the whole training. */
  steps: number
  /** Steps a second since it began to be told. */
  rate: number | undefined
}

export function createCurves(now: () => number = () => performance.now()) {
  const shown = shallowRef<FindCurves>({ points: [], steps: 0, rate: undefined })
  let first: { step: number, at: number } | undefined

  function clear(): void {
    shown.value = { points: [], steps: 0, rate: undefined }
    first = undefined
  }

  function add({ step, steps, behaviour, size, pressure, reference }: Told): void {
    const last = shown.value.points.at(-1)
    if (last && step <= last.step) return
    const at = now()
    first ??= { step, at }
    const points = [...thinned(shown.value.points), { step, behaviour, size, pressure, ...(reference === undefined ? {} : { reference }) }]
    const rate = at > first.at ? 1000 * (step - first.step) / (at - first.at) : undefined
    shown.value = { points, steps, rate }
  }

  return { shown, clear, add }
}

function thinned(points: TrainingPoint[]): TrainingPoint[] {
  return points.length < MOST ? points : points.filter((_, i) => i % 2 === 0)
}
