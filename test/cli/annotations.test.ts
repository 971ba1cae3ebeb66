/** `symbiote annotations` as a script meets it: the built command on a real session folder. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, it } from 'vitest'
import { addAnnotations } from '../../main/session/annotations'
import { beginRating, unblindRating } from '../../main/session/ratings'
import { SessionReader } from '../../main/session/reader'
import { create, StillTime, temporaryFolder, trial, ulidOf } from '../session/support'

const cli = join(import.meta.dirname, '../../out/main/cli.js')

function symbiote(home: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'annotations', ...args], { encoding: 'utf8', env: { ...process.env, SYMBIOTE_HOME: home }, cwd: home })
  return { status, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> }
}

/** Four trials rated by two, with or without the rating still being blind. */
function rated(blind: boolean): { home: string, session: string } {
  const home = temporaryFolder()
  const session = join(home, 'rated.session')
  const time = new StillTime()
  const recorder = create(session, { time })
  for (let n = 0; n < 4; n++) {
    time.pass(1000)
    recorder.append(trial(n), 0)
  }
  beginRating(recorder, { tiers: ['response'], raters: ['Ada', 'Ben'] }, 'Ada', 0)
  const codes = { Ada: ['correct', 'correct', 'slowed', 'error'], Ben: ['correct', 'slowed', 'slowed', 'error'] }
  for (const [author, list] of Object.entries(codes))
    addAnnotations(recorder, list.map((term, n) => ({ from: { t: n * 1e9, step: 0 }, tier: 'response', term, text: '', sites: [], trials: [ulidOf(1000 + n)], author })), 0)
  if (!blind)
    unblindRating(recorder, recorder.notes.ratings[0]!.rating, 'Cy', 0)
  recorder.close()
  return { home, session }
}

it('tells kappa and every disagreement, once the two are unblinded', () => {
  const { home, session } = rated(false)
  const { status, stdout, json } = symbiote(home, session, '--agreement', 'Ada', 'Ben', '--json')
  expect(status).toBe(0)
  expect(stdout.trim().split('\n')).toHaveLength(1)
  const { annotations, agreement } = json() as { annotations: number, agreement: { n: number, kappa: number, observed: number, expected: number, disagreements: unknown[], blind: string } }
  expect(annotations).toBe(8)
  // 3 of 4 agree; by chance (2·1 + 1·2 + 1·1)/16.
  expect(agreement).toMatchObject({ n: 4, observed: 0.75, expected: 5 / 16, blind: 'opened' })
  expect(agreement.kappa).toBeCloseTo((0.75 - 5 / 16) / (11 / 16), 12)
  expect(agreement.disagreements).toMatchObject([{ trial: ulidOf(1001), codes: ['correct', 'slowed'] }])
  expect(symbiote(home, session, '--agreement', 'Ada', 'Ben').stdout).toContain('Ada and Ben on response: κ 0.636')
})

it('keeps to itself what is rated blind', () => {
  const { home, session } = rated(true)
  const refused = symbiote(home, session, '--agreement', 'Ada', 'Ben')
  expect(refused.status).toBe(1)
  expect(refused.stderr).toContain('Ada and Ben still rate “response” blind')
  const { status, stdout } = symbiote(home, session, '--export', 'out.csv')
  expect(status).toBe(0)
  expect(stdout).toContain('8 are being rated blind and not shown.')
  expect(readFileSync(join(home, 'out.csv'), 'utf8')).toBe('from_s,to_s,tier,term,text,author,sites,trials\r\n')
  symbiote(home, session, '--export', 'own.csv', '--author', 'Ada')
  expect(readFileSync(join(home, 'own.csv'), 'utf8').match(/,Ada,/g)).toHaveLength(4)
})

it('imports all rows or none, and the good ones when told to', async () => {
  const { home, session } = rated(false)
  writeFileSync(join(home, 'in.csv'), 'from_s,tier,text\n1,notes,fine\n99,notes,outside\n2,notes,fine too\n')
  const refused = symbiote(home, session, '--import', 'in.csv')
  expect(refused.status).toBe(1)
  expect(refused.stderr).toContain('line 3, from_s: 99 s lies outside the session')
  expect((await SessionReader.open(session)).tables.annotations).toHaveLength(8)
  const taken = symbiote(home, session, '--import', 'in.csv', '--good-only', '--author', 'Cy', '--json')
  expect(taken.json()).toMatchObject({ imported: 2, problems: [{ line: 3, column: 'from_s' }] })
  const { tables } = await SessionReader.open(session)
  expect(tables.annotations.filter(({ author }) => author === 'Cy').map(({ text }) => text)).toEqual(['fine', 'fine too'])
})

it('of wrong usage says what is right', () => {
  const { home, session } = rated(false)
  expect(symbiote(home, session, '--agreement', 'Ada')).toMatchObject({ status: 2, stderr: expect.stringContaining('--agreement takes two raters') as string })
  expect(symbiote(home, session, '--agreement', 'Ada', 'Ben', '--tier', 'notes')).toMatchObject({ status: 1, stderr: expect.stringContaining('holds free text') as string })
  expect(symbiote(home, session, '--import', 'lost.csv')).toMatchObject({ status: 1, stderr: expect.stringContaining('lost.csv') as string })
})
