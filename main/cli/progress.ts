/** How far long work is, on stderr: one line that is redrawn on a terminal, a plain line now and then elsewhere. */

export interface Progress {
  /** `done` of `total` units; `note` may add a figure. */
  update: (done: number, total: number, note?: string) => void
  /** Ends the line. */
  end: () => void
}

const PLAIN_EVERY_MS = 5000
const DRAWN_EVERY_MS = 100
const BAR = 24

export function createProgress(stream: NodeJS.WriteStream, unit: string, quiet: boolean, now: () => number): Progress {
  if (quiet) return { update: () => {}, end: () => {} }
  const start = now()
  let last = -Infinity
  let first: number | undefined
  let drawn = false
  return {
    update: (done, total, note) => {
      first ??= done
      const finished = done >= total
      if (!finished && now() - last < (stream.isTTY ? DRAWN_EVERY_MS : PLAIN_EVERY_MS)) return
      last = now()
      const seconds = (last - start) / 1000
      const rate = (done - first) / seconds
      const parts = [`${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit}`]
      if (Number.isFinite(rate) && rate > 0) parts.push(`${rate >= 10 ? Math.round(rate).toLocaleString('en') : rate.toFixed(1)} ${unit}/s`, `${Math.ceil((total - done) / rate)} s left`)
      if (note !== undefined) parts.push(note)
      const line = parts.join(' · ')
      if (!stream.isTTY) return void stream.write(`${line}\n`)
      const filled = Math.round(BAR * Math.min(1, done / total))
      stream.write(`\r\x1B[K${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${line}`)
      drawn = true
    },
    end: () => { if (drawn) stream.write('\n') },
  }
}
