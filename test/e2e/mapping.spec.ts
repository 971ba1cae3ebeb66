/**
 * A standard session on the induction patient, by hand, in the built app and with the keys alone: blinded, scored, unblinded, reported,
 * replayed. The heads that carry the circuit are known (README); that the map finds them and spares the others is what is checked.
 */
import type { Page, TestInfo } from '@playwright/test'
import { expect, test } from './fixtures'

/** The head that attends to the token before, and the one that reads what it found. */
const CIRCUIT = ['blocks.0.attn.head[1]', 'blocks.1.attn.head[1]']
const OTHERS = ['blocks.0.attn.head[0]', 'blocks.1.attn.head[0]']
const MOST_TRIALS = 90

test('a standard mapping of induction by hand, unblinded and handed on', async ({ served, page }, info) => {
  test.setTimeout(400_000)
  await page.getByRole('button', { name: 'Skip the tour' }).click()
  const card = page.getByRole('region', { name: 'Trial', exact: true })
  const sites = page.getByRole('region', { name: 'Sites of the map' })

  await test.step('the patient, and what it takes', async () => {
    await expect(page.getByRole('complementary', { name: 'Patient' })).toContainText('mlp', { timeout: 60_000 })
    await page.getByRole('button', { name: 'Change' }).click()
    await page.getByRole('dialog').getByRole('button', { name: /^induction/ }).click()
    await expect(page.getByRole('complementary', { name: 'Patient' })).toContainText('transformer', { timeout: 60_000 })
    await page.getByRole('radiogroup', { name: 'Mode', exact: true }).getByRole('radio', { name: 'Map' }).click()
    await page.getByRole('radiogroup', { name: 'Mode of the mapping' }).getByRole('radio', { name: 'by hand' }).click()
    await expect(page.getByRole('status', { name: 'What it takes' })).toContainText('power', { timeout: 30_000 })
  })

  await test.step('a protocol that cannot reach its power says how many trials it takes', async () => {
    await page.getByLabel('Trials of a site, at most').fill('1')
    await page.getByLabel('Trials of a site, at most').press('Enter')
    await expect(page.getByRole('status', { name: 'What it takes' })).toContainText(/It takes \d+ trials a site/)
    await expect(page.getByRole('button', { name: 'Record and begin' })).toBeDisabled()
    await page.getByRole('radiogroup', { name: 'Preset' }).getByRole('radio', { name: 'standard' }).click()
    await expect(page.getByRole('button', { name: 'Record and begin' })).toBeEnabled()
    await picture(page, info, 'prepare')
  })

  await test.step('recorded under a title', async () => {
    await page.getByRole('button', { name: 'Record and begin' }).click()
    await page.getByRole('dialog').getByLabel('Title').fill('who copies')
    await page.getByRole('dialog').getByLabel('Who operates and scores').fill('Ada')
    await page.getByRole('dialog').getByRole('button', { name: 'Begin' }).click()
    await expect(card).toContainText('Space')
  })

  await test.step('every trial with two keys, and nothing gives a sham away', async () => {
    for (let trial = 1; trial <= MOST_TRIALS; trial++) {
      await page.keyboard.press('Space')
      await expect(card.getByText(`Trial ${trial}`, { exact: true }).or(card.getByText('All trials are made'))).toBeVisible({ timeout: 60_000 })
      if (await card.getByText('All trials are made').isVisible())
        break
      await expect(card).toContainText('blinded')
      await expect(card).not.toContainText('sham')
      await expect(page.getByRole('complementary', { name: 'Mapping' })).not.toContainText('positive')
      await page.keyboard.press(await card.locator('dd.right').count() === 1 ? '1' : '3')
      await expect(card.getByRole('button', { pressed: true })).toHaveCount(1)
      if (trial === 2)
        await stoppedAndGoneOn(page)
      if (trial === 3)
        await picture(page, info, 'by hand')
    }
    await expect(card).toContainText('All trials are made')
    await expect(sites).not.toContainText('<')
  })

  await test.step('unblinding is an act, and the report says when', async () => {
    await page.keyboard.press('u')
    await page.getByRole('dialog', { name: 'Unblind' }).getByRole('button', { name: 'Unblind', exact: true }).click()
    const report = page.getByRole('dialog', { name: 'Report of the mapping' })
    await expect(report).toContainText('Of 4 sites 2 cost the patient answers when they are stimulated; 2 were shown not to matter.')
    await expect(report).toContainText(/Blinded \(both\) until \d+:\d\d into the session, then unblinded by Ada: all trials are made\./)
    for (const site of CIRCUIT)
      await expect(report.getByRole('row').filter({ hasText: site })).toContainText('positive')
    for (const site of OTHERS)
      await expect(report.getByRole('row').filter({ hasText: site })).toContainText('negative')
    await expect(report.getByRole('region', { name: 'Instrument' })).toContainText(/All \d+ shams gave exactly the answers of no stimulation/)
    await expect(report.getByRole('region', { name: 'Resection' })).toContainText('Virtual resection')
    await expect(report.getByRole('region', { name: 'Agreement' })).toContainText('κ')
    await picture(page, info, 'report')
  })

  await test.step('replayed: the map fills in with the playhead', async () => {
    await page.getByRole('dialog').getByRole('button', { name: 'Stop recording and open in Replay' }).click()
    await expect(page.getByText('Replay: recorded, no model is running')).toBeVisible()
    await page.keyboard.press('Home')
    await expect(page.getByRole('group', { name: 'Sites by verdict' })).toHaveCount(0)
    await page.keyboard.press('End')
    await expect(page.getByRole('group', { name: 'Sites by verdict' })).toContainText(/2\s*positive\s*2\s*negative/)
    await expect(sites.getByRole('button', { name: `${CIRCUIT[0]}, positive` })).toBeVisible()
    await picture(page, info, 'replay')
  })
  expect(served.errors).toEqual([])
})

async function stoppedAndGoneOn(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await expect(page.getByRole('alert')).toContainText('Stopped by the operator')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
}

async function picture(page: Page, info: TestInfo, name: string): Promise<void> {
  await info.attach(name, { body: await page.screenshot({ path: info.outputPath(`${name}.png`) }), contentType: 'image/png' })
}
