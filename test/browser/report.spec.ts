/** The report in a real browser, opened from disk: it asks nobody for anything, runs nothing, and hostile text stays text. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from '@playwright/test'
import { exportSession } from '../../main/session/exports/exports'
import { SessionReader } from '../../main/session/reader'
import { HOSTILE, writeRichSession } from '../session/exports/sample'

const place = mkdtempSync(join(tmpdir(), 'symbiote-report-'))
const out = join(place, 'report.html')
test.beforeAll(async () => {
  writeRichSession(join(place, 'rich.session'))
  await exportSession(await SessionReader.open(join(place, 'rich.session')), 'report', out, { appVersion: '9.9.9', now: new Date(0) })
})
test.afterAll(() => rmSync(place, { recursive: true, force: true }))

test('opens from disk, alone, and reads like an appendix', async ({ page }) => {
  const requests: string[] = []
  const problems: string[] = []
  page.on('request', request => void requests.push(request.url()))
  page.on('console', message => void problems.push(message.text()))
  page.on('pageerror', error => void problems.push(error.message))
  page.on('dialog', dialog => void problems.push(dialog.message()))
  await page.goto(pathToFileURL(out).href)
  expect(requests).toEqual([pathToFileURL(out).href])
  expect(problems).toEqual([])
  expect(await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content')).toMatch(/^default-src 'none'; style-src 'sha256-/)
  // The policy lets its own style sheet through.
  expect(await page.locator('main').evaluate(main => getComputedStyle(main).maxWidth)).toBe('860px')

  await expect(page.locator('h1')).toHaveText('Ward round 3')
  await expect(page.locator('h2')).toHaveText(['Provenance', 'Course', 'Sites', 'Maps of effects', 'Dose and response', 'Trials', 'Circuits found by the symbiote', 'Annotations', 'Verification'])
  const captions = await page.locator('figcaption').allTextContents()
  expect(captions.map(text => /^Figure (\d+)\./.exec(text)?.[1])).toEqual(captions.map((_, i) => String(i + 1)))
  expect(captions.length).toBeGreaterThanOrEqual(6)
  for (const caption of captions.slice(1))
    expect(caption).toMatch(/n = .*[Cc]ontrol/)
  for (const link of await page.locator('nav a').all())
    await expect(page.locator((await link.getAttribute('href'))!)).toHaveCount(1)
})

test('says the figures of the session', async ({ page }) => {
  await page.goto(pathToFileURL(out).href)
  const rows = page.locator('h2#trials ~ table').first().locator('tbody tr')
  await expect(rows).toHaveCount(20)
  // Trial 1: strength 0.5, effect (1 − 0.5) / 7.
  await expect(rows.nth(1)).toContainText('layers.0.unit[0] gate 0.5 (mean)')
  await expect(rows.nth(1)).toContainText('0.0714 ± 0.01')
  await expect(rows.nth(9)).toContainText('(sham)')
  await expect(page.locator('table.facts').first()).toContainText('ab'.repeat(32))
  await expect(page.locator('body')).toContainText('Not certified.')
  await expect(page.locator('body')).toContainText('2 sham trials')
  // Every point of a dose curve is at its strength: five strengths, evenly spread.
  const x = await page.locator('svg[aria-label^="Dose"]').first().locator('circle').evaluateAll(all => all.map(circle => Number(circle.getAttribute('cx'))))
  expect(x).toHaveLength(5)
  for (let i = 1; i < 5; i++)
    expect(x[i]! - x[i - 1]!).toBeCloseTo((x[4]! - x[0]!) / 4, 1)
})

test('keeps hostile text as text', async ({ page }) => {
  await page.goto(pathToFileURL(out).href)
  await expect(page).toHaveTitle('Ward round 3')
  const said = await page.locator('body').textContent()
  for (const text of HOSTILE)
    expect(said!.replace(/\s+/g, ' ')).toContain(text.replace(/\s+/g, ' ').trim())
  expect(await page.locator('script, img, iframe, object, embed, link, body style, [onload], [onerror]').count()).toBe(0)
  expect(await page.evaluate(() => document.styleSheets.length)).toBe(1)
  const links = [...readFileSync(out, 'utf8').matchAll(/(?:href|src)="([^"]*)"/g)].map(([, to]) => to!)
  expect(links.length).toBeGreaterThan(5)
  expect(links.filter(to => !to.startsWith('#'))).toEqual([])
})

test('prints', async ({ page }) => {
  await page.goto(pathToFileURL(out).href)
  await page.emulateMedia({ media: 'print' })
  await expect(page.locator('nav')).toBeHidden()
  const pdf = await page.pdf()
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
})
