/**
 * Exports of a session of an hour with a million events, in every format, each by the command line in a process of its own: seconds,
 * size, and how much the process held at most (Linux tells). On the disk of the temporary folder. SYMBIOTE_BENCH_EVENTS asks for fewer.
 */
import type { Bench, BenchContext } from './bench'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { EXPORT_FORMATS } from '../../preload/contract/exports'
import { makeLongSession } from '../fixtures/longSession'
import { rounded } from './bench'

export async function bench({ say }: BenchContext): Promise<Bench> {
  const place = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  try {
    const folder = join(place, 'long.session')
    const events = Number(process.env.SYMBIOTE_BENCH_EVENTS ?? 1_000_000)
    say('  the session…')
    makeLongSession(folder, { events, seconds: 3600 })
    const figures: Bench['figures'] = { events }
    for (const format of EXPORT_FORMATS) {
      say(`  ${format}…`)
      const began = performance.now()
      const { bytes, resident } = await exported(folder, format, join(place, format))
      figures[`${format}, s`] = rounded((performance.now() - began) / 1000)
      figures[`${format}, MB written`] = rounded(bytes / 1e6)
      figures[`${format}, largest resident, MB`] = rounded(resident / 1e6)
      rmSync(join(place, format), { recursive: true, force: true })
    }
    return { name: 'exports', figures }
  }
  finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function exported(folder: string, format: string, out: string): Promise<{ bytes: number, resident: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [process.argv[1]!, 'export', folder, '--to', format, '--out', out, '--json', '--quiet'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let told = ''
    let resident = 0
    child.stdout.on('data', (text) => { told += String(text) })
    const watch = setInterval(() => { resident = Math.max(resident, largestOf(child.pid)) }, 50)
    child.on('close', (code) => {
      clearInterval(watch)
      if (code === 0)
        resolve({ bytes: (JSON.parse(told) as { bytes: number }).bytes, resident })
      else
        reject(new Error(`the export to ${format} ended with ${code}`))
    })
  })
}

/** Bytes; 0 where the system does not tell. */
function largestOf(pid: number | undefined): number {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  }
  catch {
    return 0
  }
}
