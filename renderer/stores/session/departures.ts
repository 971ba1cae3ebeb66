/** What a re-execution said of every trial: its class, and which ones departed. */
import type { TrialClass } from '../../../preload/contract/session'
import { TRIAL_CLASSES } from '../../../preload/contract/session'

/** Indices on the timeline, ascending. */
export interface Departures {
  /** Of each trial, its index in TRIAL_CLASSES. */
  classes: Uint8Array
  /** Other numbers, the same decision. */
  near: Uint32Array
  /** Another decision. */
  different: Uint32Array
}

export type ClassFilter = TrialClass | 'departed' | 'all'

export function departuresOf(classes: Uint8Array): Departures {
  return { classes, near: indicesOf(classes, code => code === 1 || code === 2), different: indicesOf(classes, code => code === 3) }
}

/** Trials of a class; of `departed`, all that were not the same bit by bit. */
export function trialsIn(classes: Uint8Array, filter: ClassFilter): Uint32Array {
  switch (filter) {
    case 'all': return indicesOf(classes, () => true)
    case 'departed': return indicesOf(classes, code => code !== 0)
    default: {
      const wanted = TRIAL_CLASSES.indexOf(filter)
      return indicesOf(classes, code => code === wanted)
    }
  }
}

function indicesOf(classes: Uint8Array, wanted: (code: number) => boolean): Uint32Array {
  const found = new Uint32Array(classes.length)
  let count = 0
  for (let i = 0; i < classes.length; i++) {
    if (wanted(classes[i]))
      found[count++] = i
  }
  return found.slice(0, count)
}

/** In words; `maxUlp` of the re-execution or of one trial. */
export function classText(name: TrialClass, maxUlp?: number): string {
  switch (name) {
    case 'bit-exact': return 'bit-exact'
    case 'ulp': return maxUlp === undefined ? 'within a few ulp' : `within ${maxUlp.toLocaleString('en')} ulp`
    case 'same-decision': return 'same decision, other numbers'
    case 'different': return 'different decision'
    default: return name satisfies never
  }
}
