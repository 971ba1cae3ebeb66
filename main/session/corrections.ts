/**
 * Things that are edited by writing them anew: the last word on each, removed ones kept so that they can come back.
 * A correction names the event it `supersedes`; the thing keeps its own id (`tag`, `annotation`).
 */
interface Editable {
  /** Of the event. */
  id: string
  removed: boolean
  supersedes?: string | undefined
}

export class Corrections<E extends Editable> {
  readonly #nameOf: (event: E) => string
  readonly #last = new Map<string, E>()
  /** Event id → the thing it was about. */
  readonly #thingOf = new Map<string, string>()

  constructor(nameOf: (event: E) => string) {
    this.#nameOf = nameOf
  }

  apply(event: E): void {
    const name = this.#nameOf(event)
    const replaced = event.supersedes === undefined ? undefined : this.#thingOf.get(event.supersedes)
    // A correction may also put another thing in the place of the first.
    if (replaced !== undefined && replaced !== name)
      this.#last.delete(replaced)
    this.#last.set(name, event)
    this.#thingOf.set(event.id, name)
  }

  /** The last word on one thing, removed or not. */
  last(name: string): E | undefined {
    return this.#last.get(name)
  }

  /** Every thing that is there, in the order of first appearance. */
  present(): E[] {
    return [...this.#last.values()].filter(event => !event.removed)
  }
}
