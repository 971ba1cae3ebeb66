/**
 * A circuit from the question to the record, in the built app: asked, seen emerging, judged, tested by hand, saved, replayed. Whether it is
 * certified is the engine's to say; that it says so is what is checked here.
 */
import type { Page, TestInfo } from '@playwright/test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './fixtures'

test('the units of the digits patient', async ({ served, home, page }, info) => {
  // Few seeds and steps: the circuit is none to be proud of, and the certificate says so.
  test.setTimeout(300_000)
  await page.getByRole('button', { name: 'Skip the tour' }).click()
  await test.step('the patient, and a recording', async () => {
    await expect(page.getByRole('complementary', { name: 'Patient' })).toContainText('mlp', { timeout: 60_000 })
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    await page.getByRole('dialog').getByLabel('Title').fill('who reads')
    await page.getByRole('dialog').getByRole('button', { name: 'Start recording' }).click()
    await expect(page.getByRole('timer')).toBeVisible()
  })

  await test.step('ask, and watch it emerge', async () => {
    await page.getByRole('radiogroup', { name: 'Mode' }).getByRole('radio', { name: 'Symbiote' }).click()
    await expect(page.getByRole('combobox', { name: 'Sites' })).toContainText('units')
    await page.getByRole('combobox', { name: 'Certificate' }).click()
    await page.getByRole('option', { name: 'fast' }).click()
    await page.getByLabel('Seeds').fill('2')
    await page.getByLabel(/^Steps of each seed/).fill('80')
    await page.getByRole('button', { name: 'Find the circuit' }).click()
    await expect(page.getByRole('progressbar', { name: 'Finding the circuit' })).toBeVisible()
    await expect(page.getByText('A circuit emerging: not judged yet')).toBeVisible({ timeout: 60_000 })
    await picture(page, info, 'emerging')
  })

  await test.step('its certificate, verdict first, and its members', async () => {
    const certificate = page.getByRole('region', { name: 'Certificate' })
    await expect(certificate).toContainText(/Certified|Not certified/, { timeout: 180_000 })
    await expect(certificate).toContainText('Weakest part')
    await expect(certificate).toContainText('recorded')
    // Never without its verdict, wherever it is shown.
    await expect(page.getByText(/^Circuit: (?:certified|not certified)/)).toBeVisible()
    await expect(page.getByRole('region', { name: 'Circuit', exact: true })).toContainText('of 384 sites')
    await picture(page, info, 'certificate')
  })

  await test.step('a member, tested by hand', async () => {
    await page.getByRole('button', { name: /^Select layers/ }).first().click()
    await page.locator('canvas.canvas').focus()
    await page.keyboard.press('Space')
    await expect(page.getByRole('region', { name: 'By hand' })).toContainText('answers changed')
    await page.keyboard.press('Escape')
  })

  await test.step('saved as files', async () => {
    await page.getByRole('button', { name: 'Save circuit' }).click()
    await expect(page.getByText('Saved in')).toBeVisible()
    expect((await readdir(join(home, 'circuits', 'digits-sufficient-units'))).sort()).toEqual(['certificate.json', 'circuit.json', 'gates.safetensors'])
  })

  await test.step('replayed without a model: the circuit, and its gates on the way there', async () => {
    await page.getByRole('button', { name: 'Stop recording' }).click()
    await page.getByRole('radiogroup', { name: 'Mode' }).getByRole('radio', { name: 'Replay' }).click()
    await page.getByRole('region', { name: 'Sessions' }).getByText('who reads').click()
    await page.keyboard.press('End')
    await expect(page.getByRole('region', { name: 'Certificate' })).toContainText(/Certified|Not certified/)
    await picture(page, info, 'replayed')
    for (let i = 0; i < 30 && await page.getByText('A circuit emerging: not judged yet').count() === 0; i++) await page.keyboard.press(',')
    await expect(page.getByText('A circuit emerging: not judged yet')).toBeVisible()
  })
  expect(served.errors).toEqual([])
})

async function picture(page: Page, info: TestInfo, name: string): Promise<void> {
  await info.attach(name, { body: await page.screenshot({ path: info.outputPath(`${name}.png`) }), contentType: 'image/png' })
}
