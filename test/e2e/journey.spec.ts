/**
 * The whole journey of a first-time user through the real interface: train a patient, stimulate by clicking, record,
 * close, come back, replay, annotate while playing, search, verify. Once in the browser, once in the desktop window.
 */
import type { Page, TestInfo } from '@playwright/test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { desktopDriver, launchDesktop } from './desktop'
import { expect, startServer, test } from './fixtures'

interface SceneHandle { project: (sheet: number, index: number) => { x: number, y: number, visible: boolean } | undefined }

test('in the browser', async ({ served, home, page, context }, info) => {
  test.setTimeout(150_000)
  const errors = served.errors
  await firstDay(page, info, home)
  await served.stop()
  const again = await startServer(home)
  const next = await context.newPage()
  next.on('pageerror', error => errors.push(String(error)))
  await next.goto(again.url)
  await secondDay(next, info)
  expect(errors.filter(error => !/WebSocket|ERR_CONNECTION/.test(error))).toEqual([])
  await again.stop()
})

test('in the desktop window', async ({ desktop, home }, info) => {
  test.setTimeout(150_000)
  await firstDay(desktop.page, info, home)
  expect(desktop.errors()).toEqual([])
  await desktop.close()
  const root = join(import.meta.dirname, '../..')
  const again = await launchDesktop(desktopDriver(root)!, root, home)
  await secondDay(again.page, info)
  await again.close()
})

async function firstDay(page: Page, info: TestInfo, home: string): Promise<void> {
  await test.step('a trained patient is on the table, and a tour that can be skipped', async () => {
    await expect(page.getByRole('complementary', { name: 'Patient' })).toContainText('digits')
    await page.getByRole('button', { name: 'Skip the tour' }).click()
    await sceneReady(page)
    await picture(page, info, 'first-launch')
  })

  await test.step('train one of my own and put it on the table', async () => {
    await page.getByRole('radio', { name: 'Train' }).click()
    await page.getByLabel('Name').fill('mine')
    await page.getByLabel('Steps').fill('240')
    await page.getByRole('button', { name: 'Start training' }).click()
    await expect(page.getByRole('progressbar', { name: 'Training' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Put on the table' })).toBeVisible({ timeout: 60_000 })
    await picture(page, info, 'trained')
    await page.getByRole('button', { name: 'Put on the table' }).click()
    await expect(page.getByRole('complementary', { name: 'Patient' })).toContainText('mine')
    expect((await readdir(join(home, 'primaries', 'mine'))).sort()).toEqual(['primary.json', 'weights.safetensors'])
    await page.getByRole('radio', { name: 'Observe' }).click()
  })

  await test.step('record', async () => {
    await page.getByRole('button', { name: 'Record', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Title').fill('ward round')
    await dialog.getByRole('button', { name: 'Start recording' }).click()
    await expect(page.getByRole('timer')).toBeVisible()
  })

  await test.step('stimulate by clicking, then drag the strength', async () => {
    await clickUnit(page, 1, 100)
    const response = page.getByRole('region', { name: 'Response' })
    await expect(response).toContainText('256')
    await expect(response).toContainText('±')
    const first = await response.textContent()
    await page.getByRole('slider').first().focus()
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight')
    await expect.poll(() => response.textContent()).not.toBe(first)
    await picture(page, info, 'stimulating')
  })

  await test.step('tag the site and annotate the moment', async () => {
    await page.locator('canvas.canvas').focus()
    await page.keyboard.press('t')
    await expect(page.getByRole('button', { name: /Select tag 1/ })).toBeVisible()
    await page.keyboard.press('m')
    await page.getByRole('dialog', { name: 'Annotation' }).getByLabel('Text').fill('first doubt')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('button', { name: /annotation at .*first doubt/ })).toBeVisible()
    await picture(page, info, 'recording')
  })

  await test.step('stop: the session is in the library', async () => {
    await page.getByRole('button', { name: 'Stop recording' }).click()
    await page.getByRole('radio', { name: 'Replay' }).click()
    await expect(page.getByRole('region', { name: 'Sessions' })).toContainText('ward round')
  })
}

async function secondDay(page: Page, info: TestInfo): Promise<void> {
  await test.step('no tour the second time; the session opens', async () => {
    await sceneReady(page)
    await expect(page.getByRole('button', { name: 'Skip the tour' })).toHaveCount(0)
    await page.getByRole('radio', { name: 'Replay' }).click()
    await page.getByRole('region', { name: 'Sessions' }).getByText('ward round').click()
    await expect(page.getByText('Replay: recorded, no model is running')).toBeVisible()
  })

  await test.step('it plays, and what is annotated while it plays does not stop it', async () => {
    const playhead = page.getByRole('slider', { name: 'Playhead' })
    await page.keyboard.press('Home')
    const at = async (): Promise<number> => Number(await playhead.getAttribute('aria-valuenow'))
    const start = await at()
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await expect.poll(at).toBeGreaterThan(start)
    await page.keyboard.press('m')
    await page.getByRole('dialog', { name: 'Annotation' }).getByLabel('Text').fill('seen again')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Next trial' }).click()
    await expect(page.getByRole('region', { name: 'Response' })).toContainText('±')
    await picture(page, info, 'replaying')
  })

  await test.step('edit, undo, search', async () => {
    const list = page.getByRole('region', { name: 'Annotations' })
    await expect(list.getByText('seen again')).toBeVisible()
    await list.getByText('seen again').hover()
    await list.getByRole('button', { name: 'Remove: seen again' }).click()
    await expect(list.getByText('seen again')).toHaveCount(0)
    await page.keyboard.press('ControlOrMeta+z')
    await expect(list.getByText('seen again')).toBeVisible()
    await page.getByLabel('Search annotations').first().fill('doubt')
    await expect(list.getByText('seen again')).toHaveCount(0)
    await expect(list.getByText('first doubt')).toBeVisible()
  })

  await test.step('re-executed, every trial comes out to the bit', async () => {
    await page.getByRole('button', { name: 'Verify' }).click()
    const verdict = page.getByRole('region', { name: 'Re-execution' })
    await expect(verdict).toContainText(/(\d+) of \1 .*bit-exact/, { timeout: 30_000 })
    await picture(page, info, 'verified')
  })
}

/** The network stands and an item is presented. */
async function sceneReady(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const canvas = document.querySelector('canvas.canvas') as HTMLCanvasElement & { scene?: SceneHandle } | null
    return canvas?.scene?.project(1, 0) !== undefined && /target/.test(document.querySelector('[aria-label="Status"]')?.textContent ?? '')
  }, undefined, { timeout: 30_000 })
}

/** A real click where the scene says the unit is. */
async function clickUnit(page: Page, sheet: number, index: number): Promise<void> {
  const place = await page.evaluate(([s, i]) => {
    const canvas = document.querySelector('canvas.canvas') as HTMLCanvasElement & { scene: SceneHandle }
    const box = canvas.getBoundingClientRect()
    const at = canvas.scene.project(s, i)!
    return { x: box.x + at.x, y: box.y + at.y }
  }, [sheet, index] as const)
  await page.mouse.move(place.x, place.y)
  await page.mouse.click(place.x, place.y)
}

async function picture(page: Page, info: TestInfo, name: string): Promise<void> {
  await info.attach(name, { body: await page.screenshot({ path: info.outputPath(`${name}.png`) }), contentType: 'image/png' })
}
