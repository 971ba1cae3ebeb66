/** Every checksum and the chain of a whole log, a slice at a time; what is wrong with it, undefined where nothing is. */
import type { Recovery } from '../../preload/contract/session'
import { LogReader } from './logReader'

/** Longest stretch of work before other work gets a turn, milliseconds. */
const SLICE = 8

export async function judged(folder: string): Promise<Recovery | undefined> {
  const reader = new LogReader(folder)
  let until = performance.now() + SLICE
  let n = 0
  for (const _ of reader.records()) {
    if (++n % 64 === 0 && performance.now() > until) {
      await new Promise(setImmediate)
      until = performance.now() + SLICE
    }
  }
  return reader.recovery
}
