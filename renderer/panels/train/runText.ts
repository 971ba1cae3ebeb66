/** Words and names of a training run. */
import type { TrainingInfo } from '../../../preload/contract/rpc'

export function stateText(state: TrainingInfo['state']): string {
  switch (state) {
    case 'running': return 'training'
    case 'paused': return 'paused'
    case 'finished': return 'finished'
    case 'cancelled': return 'cancelled'
    case 'diverged': return 'diverged'
    case 'failed': return 'failed'
    default: return state satisfies never
  }
}

/** `45 s`, `2 min 5 s`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** The first of `base`, `base-2`, `base-3`, … that is not taken. */
export function freeName(base: string, taken: readonly string[]): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}-${n}`
    if (!taken.includes(name))
      return name
  }
}

/** Metrics of the finished run: `testAccuracy` as `test accuracy`, shares in percent. */
export function metricRows(metrics: Record<string, number> = {}): { name: string, value: string }[] {
  return Object.entries(metrics).map(([key, value]) => ({
    name: key.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`),
    value: /accuracy$/i.test(key) ? `${(100 * value).toFixed(2)} %` : value.toFixed(4),
  }))
}
