/**
 * Notices what a session's own clock does not tell: that the wall clock was set, that the machine slept (a clock that counts no sleep
 * stands still meanwhile, one that does leaves a gap), that the program was stopped. Times of a session are its own throughout;
 * this only says, in words, what happened to the instrument. Pure.
 */

/** What clocks are drawn together by, and a busy machine's hiccups, stay far below both, ms. */
const LEAST_SHIFT = 2_000
const LEAST_GAP = 10_000

export class ClockWatch {
  /** Wall clock less the session's, ms, when last looked at. */
  #difference: number | undefined
  /** When anything last ran, ms of the session. */
  #awake: number | undefined
  #gap = 0

  /** Something was recorded at `t` ns: whoever is too busy for timers is awake all the same. */
  saw(t: number): void {
    const now = t / 1e6
    if (this.#awake !== undefined)
      this.#gap = Math.max(this.#gap, now - this.#awake)
    this.#awake = now
  }

  /** To be asked several times a second. What happened since it was last asked, in words; undefined where nothing did. */
  look(t: number, wall: Date): string | undefined {
    this.saw(t)
    const gap = this.#gap
    this.#gap = 0
    const difference = wall.getTime() - t / 1e6
    const shift = difference - (this.#difference ?? difference)
    this.#difference = difference
    const said = [
      ...gap >= LEAST_GAP ? [`Nothing ran for ${lasting(gap)}: the machine slept, or the program was stopped.`] : [],
      ...shift >= LEAST_SHIFT ? [`The wall clock moved ${lasting(shift)} ahead: the machine slept, or its clock was set. The session's own times count none of it.`] : [],
      ...shift <= -LEAST_SHIFT ? [`The wall clock was set back by ${lasting(-shift)}. The session's own times go on without a step.`] : [],
    ]
    return said.length === 0 ? undefined : said.join(' ')
  }
}

function lasting(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return [...h > 0 ? [`${h} h`] : [], ...min > 0 ? [`${min} min`] : [], ...h === 0 && s > 0 ? [`${s} s`] : []].join(' ')
}
