/**
 * A circuit from the question to the record, in the built app: asked, seen emerging, judged, tested by hand, saved, laid
 * beside another primary's, replayed. Whether it is
 * certified is the engine's to say; that it says so is what is checked here.
 */
import type { Page, TestInfo } from '@playwright/test'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readPrimary, writePrimary } from '../../main/files/primary'
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

  await test.step('beside the circuit of another primary, site by site', async () => {
    const twin = await writeTwin(home)
    // It came while the window was open: asked for again, it is there.
    await page.getByRole('radiogroup', { name: 'Mode' }).getByRole('radio', { name: 'Observe' }).click()
    await page.getByRole('radiogroup', { name: 'Mode' }).getByRole('radio', { name: 'Symbiote' }).click()
    await expect(page.getByRole('combobox', { name: 'Circuit of another primary' })).toContainText('twin: reversed')
    await page.getByRole('button', { name: 'Match the circuits' }).click()
    const card = page.getByRole('region', { name: 'Matched circuits' })
    await expect(card).toContainText(/Alike|alike than chance/, { timeout: 60_000 })
    await expect(card).toContainText('on 256 items')
    // Where both hold a unit of the network, it is its own twin.
    const first = card.getByRole('button', { name: /^Select layers/ }).first()
    const [, own, other] = /^Select (.*), matched with (.*)$/.exec((await first.getAttribute('aria-label'))!)!
    expect(other).toBe(twin(own!))
    await expect(card.getByRole('row').first()).toContainText('1.00')
    await first.click()
    await expect(page.getByRole('region', { name: 'By hand' })).toContainText(own!)
    await picture(page, info, 'matched')
  })

  await test.step('replayed without a model: the circuit, and its gates on the way there', async () => {
    await page.getByRole('button', { name: 'Stop recording' }).click()
    await page.getByRole('radiogroup', { name: 'Mode' }).getByRole('radio', { name: 'Replay' }).click()
    await page.getByRole('region', { name: 'Sessions' }).getByText('who reads').click()
    await page.keyboard.press('End')
    await expect(page.getByRole('region', { name: 'Certificate' })).toContainText(/Certified|Not certified/)
    await picture(page, info, 'replayed')
    // The session opens at its first trial; the matching came after it.
    await page.keyboard.press('End')
    await expect(page.getByRole('region', { name: 'Matched circuits' })).toContainText('recorded')
    for (let i = 0; i < 30 && await page.getByText('A circuit emerging: not judged yet').count() === 0; i++) await page.keyboard.press(',')
    await expect(page.getByText('A circuit emerging: not judged yet')).toBeVisible()
  })
  expect(served.errors).toEqual([])
})

/** Digits with the units of its first layer in reverse order, and a circuit of half of them. Answers where a unit has gone. */
async function writeTwin(home: string): Promise<(address: string) => string> {
  const { file, weights } = await readPrimary(join(import.meta.dirname, '../../resources/primaries/digits'))
  const reversed = (name: string, by: (row: number, column: number, columns: number) => number) => {
    const { shape, data } = weights[name]!
    const columns = shape[1] ?? 1
    return { shape, data: Float32Array.from(data, (_, i) => data[by(Math.floor(i / columns), i % columns, columns)]!) }
  }
  const { provenance: _, ...rest } = file
  const twin = await writePrimary(join(home, 'primaries', 'twin'), {
    file: { ...rest, name: 'twin' },
    weights: { ...weights, 'layers.0.weight': reversed('layers.0.weight', (row, column, columns) => (255 - row) * columns + column), 'layers.0.bias': reversed('layers.0.bias', row => 255 - row), 'layers.1.weight': reversed('layers.1.weight', (row, column, columns) => row * columns + 255 - column) },
  })
  await mkdir(join(home, 'circuits', 'reversed'), { recursive: true })
  const sites = Array.from({ length: 256 }, (_, i) => ({ address: `layers.0.unit[${i}]`, score: i % 2, member: i % 2 === 1 }))
  await writeFile(join(home, 'circuits', 'reversed', 'circuit.json'), JSON.stringify({ objective: 'sufficient', baseline: 'zero', budget: 0.5, seeds: 1, primarySha256: twin.weightsSha256, datasetSha256: '', sites }))
  return address => address.replace(/^layers\.0\.unit\[(\d+)\]$/, (_, unit: string) => `layers.0.unit[${255 - Number(unit)}]`)
}

async function picture(page: Page, info: TestInfo, name: string): Promise<void> {
  await info.attach(name, { body: await page.screenshot({ path: info.outputPath(`${name}.png`) }), contentType: 'image/png' })
}
