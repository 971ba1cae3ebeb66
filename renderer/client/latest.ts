/**
 * One request outstanding, the newest value next, everything between dropped.
 * Dragging a slider asks faster than the engine answers; this keeps the screen on the newest answer and the engine busy, not buried.
 */
export class Latest<T, R> {
  readonly #run: (value: T) => Promise<R>
  #running = false
  #next: { value: T } | undefined
  #idle: (() => void)[] = []

  constructor(run: (value: T) => Promise<R>) {
    this.#run = run
  }

  /** Sends the value now, or as soon as the one under way has answered unless a newer one comes. */
  send(value: T): void {
    this.#next = { value }
    if (!this.#running)
      void this.#drain()
  }

  /** Forgets the value that waits; the one under way goes on. */
  forget(): void {
    this.#next = undefined
  }

  get busy(): boolean {
    return this.#running
  }

  /** Resolves when nothing is under way and nothing waits. */
  idle(): Promise<void> {
    return this.#running ? new Promise(resolve => this.#idle.push(resolve)) : Promise.resolve()
  }

  async #drain(): Promise<void> {
    this.#running = true
    while (this.#next) {
      const { value } = this.#next
      this.#next = undefined
      // `run` reports its own errors; one failed value must not stop the newer ones.
      await this.#run(value).catch(() => {})
    }
    this.#running = false
    this.#idle.splice(0).forEach(resolve => resolve())
  }
}
