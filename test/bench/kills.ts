/**
 * Whether anything acknowledged is lost when a recording process is killed with -9 at a moment nobody chose: 100 kills at 200
 * events a second, 5,000 a second and full speed. KILLS asks for fewer.
 */
import type { Bench, BenchContext } from './bench'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { SessionReader } from '../../main/session/reader'

const MODES = { paced: '200 a second', fast: '5,000 a second', full: 'full speed' } as const

export async function bench({ here, say }: BenchContext): Promise<Bench> {
  const fixtures = join(dirname(dirname(here)), 'test/fixtures')
  const kills = Number(process.env.KILLS ?? 100)
  const figures: Bench['figures'] = { 'kills at each speed': kills }
  for (const [mode, name] of Object.entries(MODES)) {
    say(`  ${name}…`)
    let [acknowledged, lost] = [0, 0]
    for (let round = 0; round < kills; round++) {
      const one = await killOnce(fixtures, mode, 20 + Math.random() * 300)
      acknowledged += one.acknowledged
      lost += one.lost
    }
    figures[`${name}: events acknowledged`] = acknowledged
    figures[`${name}: of these lost`] = lost
  }
  return { name: 'kills', figures }
}

async function killOnce(fixtures: string, mode: string, afterMs: number): Promise<{ acknowledged: number, lost: number }> {
  const place = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  try {
    const folder = join(place, 'killed.session')
    const child = spawn(process.execPath, ['--import', join(fixtures, 'extensionless.mjs'), join(fixtures, 'sessionWriter.ts'), folder, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    let timer: NodeJS.Timeout | undefined
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs)
    })
    await new Promise(resolve => child.on('close', resolve))
    // The last piece is empty, or a line that the kill cut.
    const acknowledged = said.split('\n').slice(0, -1).map(line => line.split(' ')[1])
    const reader = await SessionReader.open(folder)
    const recorded = new Set(Array.from(reader.events('instrument'), ({ id }) => id))
    return { acknowledged: acknowledged.length, lost: acknowledged.filter(id => id === undefined || !recorded.has(id)).length }
  }
  finally {
    rmSync(place, { recursive: true, force: true })
  }
}
