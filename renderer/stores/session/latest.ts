/** Asks for the newest wish only: one question outstanding, those that were overtaken never asked. */
export class Latest<W, A> {
  readonly #ask: (wish: W) => Promise<A>
  readonly #answered: (wish: W, answer: A) => void
  readonly #failed: (error: unknown) => void
  #wish: { value: W } | undefined
  #busy = false

  constructor(options: { ask: (wish: W) => Promise<A>, answered: (wish: W, answer: A) => void, failed: (error: unknown) => void }) {
    this.#ask = options.ask
    this.#answered = options.answered
    this.#failed = options.failed
  }

  want(value: W): void {
    this.#wish = { value }
    void this.#serve()
  }

  /** What is on its way is answered to nobody. */
  forget(): void {
    this.#wish = undefined
  }

  async #serve(): Promise<void> {
    if (this.#busy)
      return
    this.#busy = true
    while (this.#wish !== undefined) {
      const { value } = this.#wish
      this.#wish = undefined
      try {
        this.#answered(value, await this.#ask(value))
      }
      catch (error) {
        this.#failed(error)
      }
    }
    this.#busy = false
  }
}
