import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SessionReader } from '../../main/session/reader'
import { examineSession, recoverSession } from '../../main/session/recover'
import { create, off, parseLog, StillTime, stimulation, temporaryFolder, trial, ulidOf } from './support'

/** A session whose trials name blobs that are there. */
function session(): { folder: string, blobs: string[] } {
  const folder = join(temporaryFolder(), 'hurt.session')
  const time = new StillTime()
  const recorder = create(folder, { time })
  const blobs = [1, 2, 3].map(n => recorder.blobs.put(new Uint8Array(400).fill(n)))
  const [outputs, activations, input] = blobs as [string, string, string]
  for (let n = 1; n <= 12; n++) {
    for (const body of [stimulation(n), { ...trial(n), trial: ulidOf(n), outputs, pairedOutputs: outputs, activations, pairedActivations: activations, input }, off(n)]) {
      recorder.append(body as Parameters<typeof recorder.append>[0], n)
      time.pass(200)
    }
  }
  recorder.close()
  return { folder, blobs }
}

/** Name, size and hash of every file, to see that none was touched. */
function fingerprint(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort().map(name => statSync(join(folder, name)).isDirectory() ? name : `${name} ${createHash('sha256').update(readFileSync(join(folder, name))).digest('hex')}`)
}

describe('recover', () => {
  it('finds nothing wrong where nothing is', async () => {
    const { folder } = session()
    expect(await examineSession(folder)).toMatchObject({ whole: true, records: [], blobs: { named: 3, missing: [], damaged: [] }, index: 'none' })
  })

  it('names every wound with its place, and its copy is whole and has all the rest; the original is untouched', async () => {
    const { folder, blobs } = session()
    const path = join(folder, 'log.000')
    const log = readFileSync(path)
    const records = parseLog(log)
    const victim = records.find(({ event }) => event.kind === 'trial' && event.focus === 5)!
    const hurt = Buffer.concat([log, Buffer.from('torn')])
    hurt[victim.start + 40]! ^= 1
    writeFileSync(path, hurt)
    unlinkSync(join(folder, 'blobs', blobs[1]!.slice(0, 2), blobs[1]!))
    writeFileSync(join(folder, 'blobs', blobs[2]!.slice(0, 2), blobs[2]!), 'other bytes')
    const before = fingerprint(folder)

    const out = join(temporaryFolder(), 'copy.session')
    const report = await recoverSession(folder, out)
    expect(fingerprint(folder)).toEqual(before)
    expect(report).toMatchObject({
      whole: false,
      records: [
        { file: 'log.000', offset: victim.start, bytes: victim.end - victim.start, what: 'damaged' },
        { file: 'log.000', offset: log.length, bytes: 4, what: 'torn tail' },
      ],
      blobs: { missing: [blobs[1]], damaged: [blobs[2]] },
    })

    const copy = await SessionReader.open(out)
    expect(copy.recovery).toBeUndefined()
    const isEvent = ({ kind }: { kind: string }): boolean => kind !== 'seal'
    expect([...copy.events()].filter(isEvent)).toEqual(records.filter(record => record !== victim).map(({ event }) => event).filter(isEvent))
    expect(copy.blob(blobs[0]!)).toEqual(new Uint8Array(400).fill(1))
    expect(existsSync(join(out, 'blobs', blobs[2]!.slice(0, 2), blobs[2]!))).toBe(false)
    expect(readFileSync(join(out, 'recovered', `log.000@${victim.start}`)).equals(hurt.subarray(victim.start, victim.end))).toBe(true)
    expect(await examineSession(out)).toMatchObject({ records: [], blobs: { missing: [blobs[1], blobs[2]] } })
  })

  it('writes over nothing', async () => {
    const { folder } = session()
    await expect(recoverSession(folder, folder)).rejects.toMatchObject({ code: 'session-exists' })
  })
})
