/** A session of every version that ever was, kept as it was written: each must read as it did then. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { STEPS } from '../../main/session/migrations/steps'
import { SessionReader } from '../../main/session/reader'
import { SESSION_FORMAT } from '../../preload/contract/session'
import { parseLog, temporaryFolder } from './support'

const kept = join(import.meta.dirname, '../fixtures/sessions')

/** A copy: opening may keep an index. */
function copyOf(name: string): string {
  const folder = join(temporaryFolder(), name)
  cpSync(join(kept, name), folder, { recursive: true })
  return folder
}

describe('sessions of earlier versions', () => {
  it('are kept, one of every version up to the present one', () => {
    const newest = Number(SESSION_FORMAT.split('/')[1])
    expect(readdirSync(kept)).toEqual(Array.from({ length: newest }, (_, i) => `version-${i + 1}.session`))
    expect(STEPS).toHaveLength(newest - 1)
  })

  it('version 1 reads whole, with every table', async () => {
    const reader = await SessionReader.open(copyOf('version-1.session'))
    expect(reader.recovery).toBeUndefined()
    expect(reader.head).toMatchObject({ counts: { stimulations: 4, trials: 4, views: 4 }, tags: [{ text: 'arrest, corrected' }], annotations: [{ text: 'arrêt ✗' }], ended: { reason: 'closed' } })
    const { trials } = reader.tables
    expect(trials.map(({ targetLogProbability }) => targetLogProbability)).toEqual([-0, -1, Number.NEGATIVE_INFINITY, -3].map(value => value + 0))
    expect([...new Float32Array(reader.blob(trials[3]!.outputs).buffer)]).toEqual([3, 1])
    expect([...reader.events()].length).toBe(parseLog(readFileSync(join(kept, 'version-1.session/log.000'))).length)
  })

  it('a newer version is refused, with what to do, and nothing in it is changed', async () => {
    const folder = copyOf('version-1.session')
    const manifest = readFileSync(join(folder, 'manifest.json'), 'utf8').replace(/symbiote-session\/\d+/, 'symbiote-session/99')
    writeFileSync(join(folder, 'manifest.json'), manifest)
    const before = readdirSync(folder)
    await expect(SessionReader.begin(folder)).rejects.toMatchObject({ code: 'session-newer', path: folder, remedy: expect.stringContaining('newer version') })
    expect(readdirSync(folder)).toEqual(before)
  })
})
