/** `symbiote export` and `symbiote import` as a script meets them: the built commands on real files. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAnnotations } from '../../main/session/annotations'
import { beginRating, declareDone } from '../../main/session/ratings'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { EXPORT_FORMATS } from '../../preload/contract/exports'
import { writeRichSession } from '../session/exports/sample'
import { create, temporaryFolder, trial, ulidOf } from '../session/support'

const cli = join(import.meta.dirname, '../../out/main/cli.js')
const place = mkdtempSync(join(tmpdir(), 'symbiote-cli-exports-'))
const session = join(place, 'rich.session')
beforeAll(() => void writeRichSession(session))
afterAll(() => rmSync(place, { recursive: true, force: true }))

function symbiote(args: string[], home = place): { status: number | null, stdout: string, stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', env: { ...process.env, SYMBIOTE_HOME: home }, cwd: home })
  return { status, stdout, stderr }
}

const filesIn = (folder: string): string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
const start = (path: string, bytes: number): string => readFileSync(path).toString('latin1', 0, bytes)

/** What is there when it worked, told by the first bytes that the format prescribes. */
const SIGNS: Record<typeof EXPORT_FORMATS[number], (out: string) => void> = {
  jsonl: out => expect(readFileSync(out, 'utf8').trim().split('\n').map(line => (JSON.parse(line) as { kind: string }).kind)).toContain('trial'),
  csv: out => expect(readFileSync(join(out, 'trials.csv'), 'utf8').split('\r\n')).toHaveLength(22),
  mcap: out => expect(start(out, 8)).toBe('\x89MCAP0\r\n'),
  bids: out => expect(JSON.parse(readFileSync(join(out, 'dataset_description.json'), 'utf8'))).toMatchObject({ BIDSVersion: '1.9.0' }),
  nwb: out => expect(start(out, 8)).toBe('\x89HDF\r\n\x1A\n'),
  report: out => expect(start(out, 15)).toBe('<!doctype html>'),
  bundle: out => expect(start(out, 4)).toBe('PK\x03\x04'),
}

describe.each(EXPORT_FORMATS)('export --to %s', (to) => {
  it('writes into a real folder, says where and how much, and then refuses to write over it', () => {
    const out = join(temporaryFolder(), 'deep', 'er', `it.${to}`)
    const { status, stdout, stderr } = symbiote(['export', session, '--to', to, '--out', out, '--json'])
    expect({ status, stderr }).toMatchObject({ status: 0 })
    const told = JSON.parse(stdout) as { out: string, files: number, bytes: number, notes: string[] }
    const files = statSync(out).isDirectory() ? filesIn(out) : [out]
    expect(told).toMatchObject({ out, files: files.length, bytes: files.reduce((sum, file) => sum + statSync(file).size, 0) })
    SIGNS[to](out)
    const before = files.map(file => statSync(file).mtimeMs)
    const again = symbiote(['export', session, '--to', to, '--out', out])
    expect(again.status).toBe(1)
    expect(again.stderr).toContain(`${out} exists already; nothing was written.`)
    expect(again.stderr).toContain('Choose another name')
    expect(files.map(file => statSync(file).mtimeMs)).toEqual(before)
    expect(readdirSync(join(out, '..'))).toEqual([`it.${to}`])
  }, 60_000)
})

describe('export', () => {
  it.each<[string, string[], RegExp]>([
    ['no format', ['--out', 'x'], /--to/],
    ['a format that is none', ['--to', 'pdf', '--out', 'x'], /--to is jsonl, csv, mcap, bids, nwb, report or bundle, not "pdf"/],
    ['no place', ['--to', 'csv'], /--out/],
    ['a primary where none can go along', ['--to', 'csv', '--out', 'x', '--with-primary'], /--with-primary goes with --to bundle/],
  ])('of %s says what is right, and exits 2', (_, args, message) => {
    const home = temporaryFolder()
    const { status, stderr } = symbiote(['export', session, ...args], home)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
    expect(readdirSync(home)).toEqual([])
  })

  it('refuses a name it cannot use, and leaves nothing', () => {
    const home = temporaryFolder()
    writeFileSync(join(home, 'file'), 'mine')
    symlinkSync(join(home, 'nowhere'), join(home, 'link'))
    for (const [out, message] of [
      [join(session, 'inside.jsonl'), /lies inside the session/],
      [join(home, 'file', 'x.jsonl'), /part of its path is a file/],
      [join(home, 'link'), /exists already/],
      [join(home, `${'long'.repeat(80)}.jsonl`), /too long/],
    ] as const) {
      const { status, stderr } = symbiote(['export', session, '--to', 'jsonl', '--out', out], home)
      expect(status, out).toBe(1)
      expect(stderr).toMatch(message)
    }
    expect(readdirSync(home).sort()).toEqual(['file', 'link'])
    expect(readFileSync(join(home, 'file'), 'utf8')).toBe('mine')
    const nothing = symbiote(['export', join(home, 'lost.session'), '--to', 'jsonl', '--out', join(home, 'x')], home)
    expect(nothing).toMatchObject({ status: 1, stderr: expect.stringContaining('lost.session') as string })
  })
})

describe('ratings that are still blind', () => {
  /** Two who rated three trials each, and a note that anyone may see. */
  function rated(): string {
    const folder = join(temporaryFolder(), 'rated.session')
    const recorder = create(folder)
    for (let n = 0; n < 3; n++)
      recorder.append(trial(n), 0)
    beginRating(recorder, { tiers: ['response'], raters: ['Ada', 'Ben'] }, 'Ada', 0)
    for (const author of ['Ada', 'Ben'])
      addAnnotations(recorder, [0, 1, 2].map(n => ({ tier: 'response', term: 'correct', text: `secret of ${author}`, sites: [], trials: [ulidOf(1000 + n)], author })), 0)
    addAnnotations(recorder, [{ tier: 'notes', text: 'for everyone', sites: [], trials: [], author: 'Cy' }], 0)
    recorder.close()
    return folder
  }

  const told = (out: string): string => (statSync(out).isDirectory() ? filesIn(out).filter(file => !file.endsWith('.zip')) : [out]).map(file => readFileSync(file).toString('latin1')).join('\n')

  it('are left out of every export, which says so, unless asked for; once both are done they are there', async () => {
    const folder = rated()
    const export_ = (to: string, ...more: string[]): { text: string, stderr: string } => {
      const out = join(temporaryFolder(), 'out')
      const { status, stderr } = symbiote(['export', folder, '--to', to, '--out', out, ...more])
      expect({ status, stderr }).toMatchObject({ status: 0 })
      return { text: told(out), stderr }
    }
    for (const to of ['jsonl', 'csv', 'bids', 'nwb', 'report']) {
      const left = export_(to)
      expect(left.text, to).not.toContain('secret of')
      expect(left.text, to).toContain('for everyone')
      expect(left.stderr, to).toContain('The rating of response by Ada and Ben is still blind: 6 annotations are left out, until both are done.')
    }
    const asked = export_('jsonl', '--with-blind')
    expect(asked.text.match(/secret of/g)).toHaveLength(6)
    expect(asked.stderr).toContain('Keep it from both.')

    const recorder = await SessionRecorder.reopen(folder, { appVersion: '0' })
    const { rating } = recorder.notes.ratings[0]!
    for (const rater of ['Ada', 'Ben'])
      declareDone(recorder, rating, rater, true, 0)
    recorder.close()
    const done = export_('csv')
    expect(done.text.match(/secret of/g)).toHaveLength(6)
    expect(done.stderr).not.toContain('blind')
  }, 60_000)
})

describe('import', () => {
  const bundle = join(place, 'rich.zip')
  beforeAll(() => {
    expect(symbiote(['export', session, '--to', 'bundle', '--out', bundle]).status).toBe(0)
  })

  it('puts a bundle into the library or where it is told to, and never over something', async () => {
    const home = temporaryFolder()
    const first = symbiote(['import', bundle, '--json'], home)
    expect({ status: first.status, stderr: first.stderr }).toMatchObject({ status: 0 })
    const { out, title } = JSON.parse(first.stdout) as { out: string, title: string }
    expect({ out, title }).toEqual({ out: join(home, 'sessions', 'rich.session'), title: 'Ward round 3' })
    expect([...(await SessionReader.open(out)).events()]).toEqual([...(await SessionReader.open(session)).events()])

    const again = symbiote(['import', bundle], home)
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining(`${out} exists already; nothing was written.`) as string })
    const elsewhere = symbiote(['import', bundle, '--out', join(home, 'sessions', 'other.session')], home)
    expect(elsewhere.status).toBe(0)
    expect(readdirSync(join(home, 'sessions')).sort()).toEqual(['other.session', 'rich.session'])
    mkdirSync(join(home, 'taken'))
    expect(symbiote(['import', bundle, '--out', join(home, 'taken')], home).status).toBe(1)
    expect(readdirSync(join(home, 'taken'))).toEqual([])
  })

  it('refuses a hostile, changed or cut bundle whole, and what is none', () => {
    const whole = readFileSync(bundle).toString('latin1')
    // Same length everywhere, so that nothing but the name is another.
    const escaping = whole.replaceAll('rich.session/manifest.json', '../../../../../escaped.now')
    expect(escaping).not.toBe(whole)
    const log = whole.indexOf('rich.session/log.000') + 400
    const cases: [string, string, RegExp][] = [
      ['escaping', escaping, /was refused/],
      ['changed', `${whole.slice(0, log)}${String.fromCharCode(whole.charCodeAt(log) ^ 1)}${whole.slice(log + 1)}`, /was changed or damaged/],
      ['cut', whole.slice(0, whole.length >> 1), /is not a bundle/],
      ['none', 'not a zip', /is not a bundle/],
    ]
    for (const [name, bytes, message] of cases) {
      const home = temporaryFolder()
      writeFileSync(join(home, `${name}.zip`), bytes, 'latin1')
      const { status, stderr } = symbiote(['import', `${name}.zip`], home)
      expect(status, name).toBe(1)
      expect(stderr, name).toMatch(message)
      expect(filesIn(home), name).toEqual([join(home, `${name}.zip`)])
    }
    expect(existsSync(join(place, '..', 'escaped.now'))).toBe(false)
    expect(symbiote(['import', 'lost.zip']).stderr).toContain('lost.zip')
    expect(symbiote(['import']).status).toBe(2)
  }, 60_000)
})
