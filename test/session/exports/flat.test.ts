/** JSON lines and CSV, read back by readers of their own; and what every export promises: whole or absent, never over something. */
import type { ExportFormat } from '../../../preload/contract/exports'
import type { SessionEvent } from '../../../preload/contract/session'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportSession } from '../../../main/session/exports/exports'
import { SessionReader } from '../../../main/session/reader'
import { EXPORT_FORMATS } from '../../../preload/contract/exports'
import { parseLog, temporaryFolder, ulidOf } from '../support'
import { HOSTILE, MONITORED, writeRichSession } from './sample'

const options = { appVersion: '9.9.9', now: new Date(0) }

/** The one session they are all made from; removed in the end. */
const place = mkdtempSync(join(tmpdir(), 'symbiote-exports-'))
const folder = join(place, 'rich.session')
beforeAll(() => void writeRichSession(folder))
afterAll(() => rmSync(place, { recursive: true, force: true }))

async function exported(to: ExportFormat, out = join(temporaryFolder(), 'out')): Promise<{ out: string, notes: string[], files: number, bytes: number, session: SessionReader }> {
  const session = await SessionReader.open(folder)
  return { ...await exportSession(session, to, out, options), session }
}

/** RFC 4180, read character by character: CRLF between rows, quotes doubled inside quotes. Throws on anything else. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  for (let at = 0; at < text.length;) {
    const row: string[] = []
    for (;;) {
      let cell = ''
      if (text[at] === '"') {
        for (at++; ; at++) {
          if (text[at] === '"' && text[at + 1] === '"')
            at++
          else if (text[at] === '"')
            break
          if (at >= text.length)
            throw new Error('a quote is not closed')
          cell += text[at]
        }
        at++
      }
      else {
        for (; !',\r\n'.includes(text[at]!); at++) {
          if (text[at] === '"')
            throw new Error('a quote inside a bare cell')
          cell += text[at]
        }
      }
      row.push(cell)
      if (text[at] === ',') {
        at++
        continue
      }
      if (text.slice(at, at + 2) !== '\r\n')
        throw new Error(`a row does not end with CRLF at ${at}`)
      at += 2
      break
    }
    rows.push(row)
  }
  return rows
}

function table(folder: string, name: string): Record<string, string>[] {
  const [header, ...rows] = parseCsv(readFileSync(join(folder, `${name}.csv`), 'utf8'))
  return rows.map((row) => {
    expect(row).toHaveLength(header!.length)
    return Object.fromEntries(header!.map((column, i) => [column, row[i]!]))
  })
}

const unescaped = (cell: string): string => cell.startsWith('\'') ? cell.slice(1) : cell

describe('json lines', () => {
  it('hold every event as the log has it, but for seals and keyframes', async () => {
    const { out, session, files, bytes } = await exported('jsonl')
    const lines = readFileSync(out, 'utf8').split('\n')
    expect(lines.pop()).toBe('')
    const recorded = parseLog(readFileSync(join(session.folder, 'log.000'))).map(({ event }) => event).filter(({ kind }) => kind !== 'seal' && kind !== 'keyframe')
    expect(lines.map(line => JSON.parse(line) as SessionEvent)).toEqual(recorded)
    expect(recorded.length).toBeGreaterThan(80)
    expect(lines.some(line => line.includes('"kind":"oracle"'))).toBe(true)
    expect(lines.some(line => line.includes('{"$number":"-Infinity"}'))).toBe(true)
    expect({ files, bytes }).toEqual({ files: 1, bytes: statSync(out).size })
  })
})

describe('csv', () => {
  const out = join(place, 'tables')
  let session: SessionReader
  let files: number
  beforeAll(async () => ({ session, files } = await exported('csv', out)))

  it('has a file per table, and every column of every table is described', () => {
    const described = table(out, 'columns')
    const names = readdirSync(out).filter(name => name !== 'columns.csv').map(name => name.replace('.csv', ''))
    expect(names.length).toBe(files - 1)
    for (const name of names) {
      const [header] = parseCsv(readFileSync(join(out, `${name}.csv`), 'utf8'))
      expect(described.filter(row => row.table === name).map(({ column }) => column), name).toEqual(header)
    }
    expect(described.every(({ meaning, table_holds }) => meaning!.length > 1 && table_holds!.length > 10)).toBe(true)
  })

  it('gives back every number and every text', () => {
    const trials = table(out, 'trials')
    expect(trials).toHaveLength(20)
    for (const [n, row] of trials.entries()) {
      const event = session.tables.trials[n]!
      expect(row.trial).toBe(event.trial)
      expect(Object.is(Number(row.target_log_probability), event.targetLogProbability)).toBe(true)
      expect(Object.is(Number(row.margin), event.margin)).toBe(true)
      expect(BigInt(row.time_s!.replace('.', ''))).toBe(BigInt(event.t))
      expect(row.sham).toBe(String(event.sham))
    }
    expect(trials[7]!.interventions).toBe('layers.1.weight[2,3] drive -2')
    expect(table(out, 'effects').filter(row => row.measure === 'loss').map(({ mean }) => Number(mean))).toEqual(session.tables.trials.map(({ effects }) => effects.loss!.mean))
    const annotations = table(out, 'annotations')
    expect(annotations.map(({ text }) => unescaped(text!)).sort()).toEqual([...HOSTILE].sort())
    expect(annotations.map(({ author }) => unescaped(author!)).sort()).toEqual([...HOSTILE].sort())
  })

  it('has no cell that a spreadsheet would run', () => {
    for (const name of readdirSync(out)) {
      for (const cell of parseCsv(readFileSync(join(out, name), 'utf8')).flat())
        expect(/^[=+\-@\t\r]/.test(cell) && Number.isNaN(Number(cell)), `${name}: ${cell}`).toBe(false)
    }
  })

  it('says when a stimulation ended, leaves that open where it did not, and leaves out what was removed', () => {
    const rows = table(out, 'stimulations')
    expect(rows).toHaveLength(20)
    expect(rows.filter(({ offset_s }) => offset_s === '').map(({ stimulation }) => stimulation)).toEqual([ulidOf(119)])
    expect(rows[0]).toMatchObject({ operation: 'gate', strength: '0', baseline: 'mean', end_reason: 'replaced' })
    expect(table(out, 'tags').map(({ number }) => number)).toEqual(['1'])
  })

  it('has every sample that was monitored, a row for each site', () => {
    const rows = table(out, 'signals')
    expect(rows.map(({ site }) => site)).toEqual(MONITORED.values.flatMap(() => MONITORED.sites))
    expect(rows.map(({ value }) => Number(value))).toEqual(MONITORED.values.flat())
    expect(rows.map(({ time_s }) => Number(time_s))).toEqual(MONITORED.values.flatMap((_, i) => [1 + i / 20, 1 + i / 20]))
  })

  it('has sweeps and circuits site by site, and keeps kinds it does not know', () => {
    expect(table(out, 'sweep_effects').map(({ effect }) => Number(effect)).filter(Number.isFinite)).toEqual(Array.from({ length: 10 }, (_, i) => (2 * i - 9) / 13))
    expect(table(out, 'circuit_sites').filter(({ member }) => member === 'true').map(({ address }) => address)).toEqual(['layers.1.unit[2]', 'layers.1.unit[3]', 'layers.1.unit[4]'])
    expect(JSON.parse(table(out, 'other_events').find(({ kind }) => kind === 'oracle')!.event!)).toMatchObject({ says: '=later <b>' })
  })
})

describe.each(EXPORT_FORMATS)('%s', (to) => {
  it('refuses to write over anything, and into the session', async () => {
    const place = temporaryFolder()
    const taken = join(place, 'taken')
    writeFileSync(taken, 'mine')
    const link = join(place, 'link')
    symlinkSync(join(place, 'nowhere'), link)
    const empty = join(place, 'empty')
    mkdirSync(empty)
    for (const out of [taken, link, empty])
      await expect(exported(to, out)).rejects.toMatchObject({ code: 'exists', path: out })
    expect(readFileSync(taken, 'utf8')).toBe('mine')
    const before = readdirSync(folder)
    await expect(exportSession(await SessionReader.open(folder), to, join(folder, 'x'), options)).rejects.toMatchObject({ code: 'inside-session' })
    expect(readdirSync(folder)).toEqual(before)
  })

  it('leaves nothing behind when it is cancelled', async () => {
    const place = temporaryFolder()
    const cancel = new AbortController()
    const running = exportSession(await SessionReader.open(folder), to, join(place, 'out'), { ...options, signal: cancel.signal, progress: () => cancel.abort() })
    await expect(running).rejects.toMatchObject({ code: 'cancelled' })
    expect(readdirSync(place)).toEqual([])
  })

  it('exports what is left of a session whose blobs are gone, and says what is missing', async () => {
    const bare = join(temporaryFolder(), 'bare.session')
    cpSync(folder, bare, { recursive: true })
    rmSync(join(bare, 'blobs'), { recursive: true })
    const { notes, out } = await exportSession(await SessionReader.open(bare), to, join(temporaryFolder(), 'out'), options)
    expect(statSync(out)).toBeDefined()
    if (['csv', 'report'].includes(to))
      expect(notes.join('\n')).toMatch(/Left out/)
  })
})
