/** Which of several timed executors `auto` takes, said in a sentence, and the note that saves measuring again. No clock, no executor. */

/** Milliseconds, medians: one training step of a digits mlp on 128 items, and its forward pass on 256. */
export interface Timing { step: number, forward: number }

export interface Timed { name: string, timing: Timing }

/** What `auto` found, kept from one start to the next. */
export interface ChoiceNote {
  /** Hardware and versions it holds for. */
  key: string
  name: string
  reason: string
}

/** Training is what takes long, so the step decides. */
export function fastest<T extends Timed>(timed: readonly T[]): T {
  return timed.reduce((best, one) => one.timing.step < best.timing.step ? one : best)
}

/** “tensorflow takes 4.1 ms a digits training step (1.2 ms for 256 items forward), wasm 8.7 (3.0)”. */
export function timingsInWords(timed: readonly Timed[]): string {
  const [first, ...rest] = timed.toSorted((a, b) => a.timing.step - b.timing.step)
  const others = rest.map(({ name, timing }) => `${name} ${milliseconds(timing.step)} (${milliseconds(timing.forward)})`)
  return [`${first.name} takes ${milliseconds(first.timing.step)} ms a digits training step (${milliseconds(first.timing.forward)} ms for 256 items forward)`, ...others].join(', ')
}

function milliseconds(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms.toFixed(1)
}

/** Undefined for anything that is no note: it is only a shortcut. */
export function parseNote(text: string | undefined): ChoiceNote | undefined {
  try {
    const note = JSON.parse(text ?? '') as Partial<ChoiceNote> | undefined
    const { key, name, reason } = note ?? {}
    return typeof key === 'string' && typeof name === 'string' && typeof reason === 'string' ? { key, name, reason } : undefined
  }
  catch {
    return undefined
  }
}
