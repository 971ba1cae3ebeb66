/** The browser mode, wired: the real process, its address, its page. What is on the screen has its own tests. */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { SessionReader } from '../../main/session/reader'
import { expect, START, startServer, test } from './fixtures'

test('opens at the printed address, which does not keep its token', async ({ served }) => {
  const { page } = served
  await expect(page).toHaveTitle('Symbiote')
  expect(new URL(page.url()).search).toBe('')
  expect(await page.evaluate(() => document.cookie), 'a script can read the cookie').toBe('')
  await page.waitForTimeout(1500)
  expect(served.errors).toEqual([])
})

test('does not open without the token', async ({ served, browser }) => {
  const stranger = await browser.newPage()
  const response = await stranger.goto(new URL('/', served.url).href)
  expect(response?.status()).toBe(401)
  await stranger.close()
})

test('hands over to a second window', async ({ served, context }) => {
  const second = await context.newPage()
  await second.goto(served.url)
  await expect(served.page.getByText(/another window/i).first()).toBeVisible()
})

test('says that its port is in use', async ({ served, home }) => {
  const { port } = new URL(served.url)
  await expect(startServer(home, ['--port', port])).rejects.toThrow(/in use.*--port/s)
})

test('ends on a signal', async ({ served }) => {
  const ended = once(served.process, 'exit')
  served.process.kill('SIGINT')
  const [code] = await ended as [number | null]
  expect(code, served.log()).toBe(0)
})

test('is what npm start opens when the browser is asked for', async ({ home, page }) => {
  const server = await startServer(home, ['--browser', '--port', '0'], START)
  await page.goto(server.url)
  await expect(page).toHaveTitle('Symbiote')
  await server.stop()
})

test('shows that the engine was lost, notes it in the session, and goes on', async ({ served, home }) => {
  test.skip(process.platform !== 'linux', 'finds the engine among the children of the host in /proc')
  const { page } = served
  await page.getByRole('button', { name: 'Skip the tour' }).click()
  await page.getByRole('button', { name: 'Record', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Start recording' }).click()
  await expect(page.getByRole('timer')).toBeVisible()
  const host = served.process.pid!
  const [engine] = readFileSync(`/proc/${host}/task/${host}/children`, 'utf8').trim().split(' ').map(Number)
  process.kill(engine, 'SIGKILL')
  await expect(page.getByRole('alert')).toContainText(/killed.*(again|restart)/is)
  await expect(page.getByRole('alert')).toHaveCount(0, { timeout: 20_000 })
  // The patient is in the new engine: a stimulation by keyboard is answered.
  await page.locator('canvas.canvas').focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Space')
  await expect(page.getByRole('region', { name: 'Response' })).toContainText('±')
  await page.getByRole('button', { name: 'Stop recording' }).click()
  await expect(page.getByRole('timer')).toHaveCount(0)
  const [session] = readdirSync(join(home, 'sessions'))
  const { tables } = await SessionReader.open(join(home, 'sessions', session))
  expect(tables.instrument.map(({ what }) => what)).toEqual(['engine-lost', 'engine-restarted'])
  expect(tables.trials).toHaveLength(1)
})
