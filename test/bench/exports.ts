/**
 * Exports of a session of an hour with a million events, in every format: seconds and size, and how much the process held at most. On
 * the disk of the temporary folder. SYMBIOTE_BENCH_EVENTS asks for fewer.
 */
import type { Bench, BenchContext } from './bench'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { exportSession } from '../../main/session/exports/exports'
import { SessionReader } from '../../main/session/reader'
import { EXPORT_FORMATS } from '../../preload/contract/exports'
import { makeLongSession } from '../fixtures/longSession'
import { rounded } from './bench'

export async function bench({ say }: BenchContext): Promise<Bench> {
  const place = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  try {
    const folder = join(place, 'long.session')
    const events = Number(process.env.SYMBIOTE_BENCH_EVENTS ?? 1_000_000)
    makeLongSession(folder, { events, seconds: 3600 })
    const figures: Bench['figures'] = { events }
    for (const format of EXPORT_FORMATS) {
      say(`  ${format}…`)
      let largest = 0
      const watch = setInterval(() => { largest = Math.max(largest, process.memoryUsage.rss()) }, 50)
      const began = performance.now()
      const { bytes } = await exportSession(await SessionReader.open(folder), format, join(place, format), { appVersion: '0', now: new Date() })
      figures[`${format}, s`] = rounded((performance.now() - began) / 1000)
      figures[`${format}, MB written`] = rounded(bytes / 1e6)
      figures[`${format}, largest resident, MB`] = rounded(largest / 1e6)
      clearInterval(watch)
      rmSync(join(place, format), { recursive: true, force: true })
    }
    return { name: 'exports', figures }
  }
  finally {
    rmSync(place, { recursive: true, force: true })
  }
}
