/** The browser mode, wired: the real process, its address, its page. What is on the screen has its own tests. */
import { once } from 'node:events'
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
