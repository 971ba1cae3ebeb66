/**
 * Annotating through the real interface: terms while it plays, bulk edits, import, and two raters who do not see each
 * other, which is checked on the wire as well as on the screen.
 */
import type { Page } from '@playwright/test'
import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import { beginScheme } from '../../main/session/scheme'
import { create, StillTime, trial } from '../session/support'
import { expect, test } from './fixtures'

/** Ten trials, two seconds apart, in an hour's first minute. */
function writeSession(home: string): void {
  const time = new StillTime()
  const recorder = create(join(home, 'sessions', 'ward-round.session'), { time })
  beginScheme(recorder, 0)
  for (let n = 0; n < 10; n++) {
    time.pass(2000)
    recorder.append(trial(n), 0)
  }
  recorder.close()
}

const list = (page: Page) => page.getByRole('region', { name: 'Annotations' })
const rows = (page: Page) => list(page).locator('li')
const press = async (page: Page, ...keys: string[]): Promise<void> => {
  for (const key of keys)
    await page.keyboard.press(key)
}

test.beforeEach(async ({ home, served: { page } }) => {
  writeSession(home)
  await page.getByRole('button', { name: 'Skip the tour' }).click()
  await page.getByRole('radio', { name: 'Replay' }).click()
  await page.getByRole('region', { name: 'Sessions' }).getByText('Ward round 3').click()
  await page.getByRole('slider', { name: 'Playhead' }).focus()
})

test('terms while it plays, many changed at once, search, undo', async ({ served: { page, errors } }) => {
  await test.step('a digit puts the term of the active tier here, without stopping; held it marks a stretch', async () => {
    await press(page, 'Space', '1')
    await expect(rows(page)).toHaveCount(1)
    await page.keyboard.down('3')
    await page.waitForTimeout(700)
    await page.keyboard.up('3')
    await expect(list(page).getByText(/ to 0:/)).toHaveCount(1)
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
    await press(page, 'Space', 'ArrowRight', '1', 'ArrowRight', '6')
    await expect(rows(page)).toHaveCount(4)
    await expect(page.getByRole('button', { name: /^Response annotation at .*: no answer$/ })).toBeVisible()
  })

  await test.step('over a selection it covers the selection', async () => {
    await press(page, 'Home', 'i', 'ArrowRight', 'ArrowRight', 'o', '2')
    await expect(list(page).getByText('0:00.0 to 0:04.0')).toHaveCount(1)
    await press(page, 'ControlOrMeta+z')
    await expect(rows(page)).toHaveCount(4)
  })

  await test.step('all that a search finds are given another term, and one undo takes it back', async () => {
    await list(page).getByLabel('Search annotations').fill('corr')
    await expect(rows(page)).toHaveCount(2)
    await rows(page).first().locator('.go').focus()
    await press(page, 'ControlOrMeta+a')
    await list(page).getByLabel('Term of all picked').selectOption('perseveration')
    await list(page).getByLabel('Search annotations').fill('')
    await expect(rows(page).getByText('perseveration', { exact: true })).toHaveCount(2)
    await page.getByRole('slider', { name: 'Playhead' }).focus()
    await press(page, 'ControlOrMeta+z')
    await expect(rows(page).getByText('perseveration', { exact: true })).toHaveCount(0)
    await press(page, 'ControlOrMeta+Shift+z')
    await expect(rows(page).getByText('perseveration', { exact: true })).toHaveCount(2)
  })

  await test.step('removed together, back together', async () => {
    await rows(page).first().locator('.go').focus()
    await press(page, 'ControlOrMeta+a', 'Delete')
    await expect(rows(page)).toHaveCount(0)
    await page.getByRole('slider', { name: 'Playhead' }).focus()
    await press(page, 'ControlOrMeta+z')
    await expect(rows(page)).toHaveCount(4)
  })
  expect(errors).toEqual([])
})

test('a CSV file is imported whole or, when asked, in its good rows; markup stays text', async ({ served: { page, errors } }) => {
  const csv = ['from_s,to_s,tier,term,text,author', '1,,notes,,<img src=x onerror=alert(1)>,Cy', '2,3,response,no answer,"a ""quoted"" one",Cy', '99,,notes,,outside,Cy', '4,,speech,,lost,Cy'].join('\n')
  await list(page).getByRole('button', { name: 'Import' }).click()
  const dialog = page.getByRole('dialog', { name: 'Import annotations from CSV' })
  await dialog.locator('input[type=file]').setInputFiles({ name: 'cy.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
  await expect(dialog.getByText('line 4, from_s')).toBeVisible()
  await expect(dialog.getByText('99 s lies outside the session, which ends at 20 s.')).toBeVisible()
  await expect(dialog.getByText('There is no tier “speech”.')).toBeVisible()
  await expect(rows(page)).toHaveCount(0)
  await dialog.getByRole('button', { name: 'Import the 2 good rows' }).click()
  await expect(rows(page)).toHaveCount(2)
  await expect(list(page).getByText('<img src=x onerror=alert(1)>')).toBeVisible()
  await expect(page.locator('img[src="x"]')).toHaveCount(0)

  const download = page.waitForEvent('download')
  await list(page).getByRole('button', { name: 'Export' }).click()
  const stream = await (await download).createReadStream()
  const written = Buffer.concat(await Array.fromAsync(stream)).toString()
  expect(written.split('\r\n').slice(0, 3)).toEqual(['from_s,to_s,tier,term,text,author,sites,trials', '1,,notes,,<img src=x onerror=alert(1)>,Cy,,', '2,3,response,no-answer,"a ""quoted"" one",Cy,,'])
  expect(errors).toEqual([])
})

test('tiers are edited; two terms on one key are refused where they are typed', async ({ served: { page, errors } }) => {
  await list(page).getByRole('button', { name: 'Tiers' }).click()
  const dialog = page.getByRole('dialog', { name: 'Tiers and vocabularies' })
  await dialog.getByLabel('Key of slowed').selectOption('1')
  await expect(dialog.getByRole('alert')).toContainText('The key 1 is used twice in vocabulary “Response”: by “correct” and “slowed”.')
  await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled()
  await dialog.getByLabel('Key of slowed').selectOption('2')
  await dialog.getByRole('button', { name: '+ Term' }).click()
  await dialog.getByLabel('Label of term 8').fill('laughter')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('slider', { name: 'Playhead' }).focus()
  await press(page, '8')
  await expect(list(page).getByText('laughter')).toBeVisible()
  expect(errors).toEqual([])
})

test('two raters, blind to each other until both are done', async ({ browser, served }) => {
  const { errors } = served
  const SECRET = 'what only Ada knows'
  const raters = async (page: Page): Promise<void> => {
    await list(page).getByRole('button', { name: 'Raters' }).click()
  }
  const sitDown = async (page: Page, name: string): Promise<void> => {
    await page.getByLabel('At the desk').fill(name)
    await page.getByRole('button', { name: 'Sit down' }).click()
    await expect(page.getByRole('button', { name: 'Sit down' })).toBeDisabled()
  }
  const back = (page: Page): Promise<void> => page.getByRole('button', { name: 'Back to the session' }).click()

  await test.step('Ada rates and says that she is done', async () => {
    const { page } = served
    await raters(page)
    await sitDown(page, 'Ada')
    await page.getByLabel('First').fill('Ada')
    await page.getByLabel('Second').fill('Ben')
    await page.getByRole('button', { name: 'Rate “Response” blind' }).click()
    await back(page)
    await page.getByRole('slider', { name: 'Playhead' }).focus()
    await press(page, 'Home', 'ArrowRight', '1', 'ArrowRight', '1', 'ArrowRight', '2', 'ArrowRight', '1')
    await expect(rows(page)).toHaveCount(4)
    await rows(page).first().locator('.go').focus()
    await press(page, 'F2')
    await page.getByRole('dialog', { name: 'Annotation' }).getByLabel('Text').fill(SECRET)
    await press(page, 'Enter')
    await expect(list(page).getByText(SECRET)).toBeVisible()
    await raters(page)
    await page.getByRole('button', { name: 'I am done' }).click()
    await expect(page.getByRole('button', { name: 'Not done after all' })).toBeVisible()
    await sitDown(page, 'Ben')
  })

  // Ben comes with a page of his own, so that everything it is sent can be read.
  const page = await browser.newPage()
  const frames: Buffer[] = []
  page.on('websocket', socket => socket.on('framereceived', ({ payload }) => frames.push(Buffer.from(payload))))
  page.on('pageerror', error => errors.push(String(error)))
  await test.step('of it Ben is shown nothing, and sent nothing', async () => {
    await page.goto(served.url)
    await page.getByRole('radio', { name: 'Replay' }).click()
    await page.getByRole('region', { name: 'Sessions' }).getByText('Ward round 3').click()
    await expect(list(page).getByText('Ada and Ben rate Response blind; you are Ben.')).toBeVisible()
    await expect(rows(page)).toHaveCount(0)
    await page.getByRole('slider', { name: 'Playhead' }).focus()
    await press(page, 'Home', 'ArrowRight', '1', 'ArrowRight', '6', 'ArrowRight', '2')
    await expect(rows(page)).toHaveCount(3)
    const sent = Buffer.concat(frames)
    expect(sent.includes('Ben')).toBe(true)
    expect(sent.includes(SECRET)).toBe(false)
  })

  await test.step('when both are done they see each other, and how far they agree', async () => {
    await raters(page)
    await page.getByRole('button', { name: 'I am done' }).click()
    const agreement = page.getByRole('region', { name: 'Agreement', exact: true })
    // Of three: correct/correct, correct/no answer, slowed/slowed. 2/3 observed, (2·1 + 1·1)/9 by chance: κ 0.5.
    await expect(agreement).toContainText('κ 0.50 [')
    await expect(agreement).toContainText('0.667')
    await expect(agreement).toContainText('0.333')
    await expect(agreement).toContainText('Blind to each other until both were done')
    await expect(agreement).toContainText('Not counted: 1 only Ada rated, 0 only Ben.')
    await expect.poll(() => Buffer.concat(frames).includes(SECRET)).toBe(true)
  })

  await test.step('a disagreement is one click away and is settled by an annotation of its own', async () => {
    const disagreements = page.getByRole('region', { name: '2 disagreements' })
    await disagreements.getByRole('button').first().click()
    await expect(page.getByRole('slider', { name: 'Playhead' })).toHaveAttribute('aria-valuenow', '4')
    await disagreements.getByLabel('Settle as').selectOption('slowed')
    await expect(disagreements).toContainText('settled by Ben: slowed')
    await expect(page.getByRole('region', { name: 'Agreement', exact: true })).toContainText('κ 0.50 [')
    await back(page)
    await expect(rows(page)).toHaveCount(8)
  })
  expect(errors.filter(error => !/WebSocket|ERR_CONNECTION/.test(error))).toEqual([])
  await page.close()
})
