/** Exports and imports for the screen: one at a time, told as they go, and called off when asked. */
import type { Exported, ExportFormat, ExportProgress, Imported } from '../../preload/contract/exports'
import type { Places } from '../files/shipped'
import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { EXPORT_ABOUT } from '../../preload/contract/exports'
import { exportSession } from '../session/exports/exports'
import { importBundle } from '../session/exports/unbundle'
import { SessionReader } from '../session/reader'
import { primaryOf } from './companions'

export interface ExportsOptions {
  places: Places
  appVersion: string
  progress: (progress: ExportProgress) => void
}

/** How often the screen hears of it, ms. */
const TELL_MS = 100

export class Exports {
  readonly #options: ExportsOptions
  #running: AbortController | undefined

  constructor(options: ExportsOptions) {
    this.#options = options
  }

  /** Into a folder, by default `exports/` of the user's own, under a name that is free. */
  async export({ path, to, folder, withPrimary }: { path: string, to: ExportFormat, folder?: string, withPrimary?: boolean }): Promise<Exported> {
    const { places, appVersion } = this.#options
    return this.#run(async (signal, progress) => {
      const session = await SessionReader.open(path)
      const companions = withPrimary && to === 'bundle' ? await primaryOf(session, places) : []
      const out = freePath(folder === undefined ? join(places.home, 'exports') : resolve(folder), `${basename(path).replace(/\.session$/, '')}${EXPORT_ABOUT[to].ending === '' ? `-${to}` : ''}`, EXPORT_ABOUT[to].ending)
      return exportSession(session, to, out, { appVersion, now: new Date(), signal, progress, companions })
    })
  }

  import(file: string): Promise<Imported> {
    return this.#run((signal, progress) => importBundle(file, { into: join(this.#options.places.home, 'sessions') }, { signal, progress }))
  }

  cancel(): void {
    this.#running?.abort()
  }

  async #run<T>(work: (signal: AbortSignal, progress: (done: number, total: number) => void) => Promise<T>): Promise<T> {
    if (this.#running) throw new UserError({ code: 'exporting', message: 'An export or an import is under way.', remedy: 'Wait for it, or cancel it.' })
    this.#running = new AbortController()
    let told = Number.NEGATIVE_INFINITY
    try {
      return await work(this.#running.signal, (done, total) => {
        const now = performance.now()
        if (now - told < TELL_MS && done < total) return
        told = now
        this.#options.progress({ done, total })
      })
    }
    finally {
      this.#running = undefined
    }
  }
}

function freePath(folder: string, name: string, ending: string): string {
  for (let n = 1; ; n++) {
    const path = join(folder, `${name}${n === 1 ? '' : `-${n}`}${ending}`)
    if (!existsSync(path)) return path
  }
}
