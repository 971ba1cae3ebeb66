/** The desktop shell, wired: window, protocol, policy, preload, menu, dialog. What is on the screen has its own tests. */
import { expect, test } from './fixtures'

test('opens a window with the screen in it, under its policy', async ({ desktop }) => {
  const { page } = desktop
  await expect(page).toHaveTitle('Symbiote')
  const headers = await page.evaluate(async () => {
    const response = await fetch('/')
    return { policy: response.headers.get('content-security-policy'), sniff: response.headers.get('x-content-type-options') }
  })
  expect(headers.policy).toContain(`default-src 'none'`)
  expect(headers.sniff).toBe('nosniff')
  const inline = await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'window.intruder = true'
    document.head.append(script)
    return 'intruder' in window
  })
  expect(inline, 'an inline script ran').toBe(false)
})

test('logs no error while it opens', async ({ desktop }) => {
  await desktop.page.waitForLoadState('load')
  await desktop.page.waitForTimeout(1500)
  expect(desktop.errors()).toEqual([])
})

test('gives the page nothing of Node or Electron', async ({ desktop }) => {
  const there = await desktop.page.evaluate(() => ['require', 'process', 'module', 'Buffer', 'global', 'electron', 'ipcRenderer', 'api'].filter(name => name in window))
  expect(there).toEqual([])
})

test('keeps to its own page', async ({ desktop }) => {
  const { page } = desktop
  await page.evaluate(() => void window.open('https://example.invalid/popup'))
  await expect.poll(() => page.context().pages().filter(other => other !== page && other.url() !== 'about:blank')).toEqual([])
  await page.evaluate(() => { window.location.href = 'https://example.invalid/elsewhere' }).catch(() => {})
  // Where the page is then only Electron shows: the double leaves Chromium's error page.
  await expect.poll(desktop.output).toContain('refused to open https://example.invalid/elsewhere')
})

test('serves no file beside the screen', async ({ desktop }) => {
  const statuses = await desktop.page.evaluate(paths => Promise.all(paths.map(async path => (await fetch(path)).status)), ['/../../package.json', '/..%2f..%2fpackage.json', '/main/index.js', '/assets/'])
  expect(statuses).toEqual([404, 404, 404, 404])
})

test('carries a menu command to the screen', async ({ desktop }) => {
  await expect(desktop.page.getByRole('dialog')).toHaveCount(0)
  await desktop.clickMenu('help.keys')
  await expect(desktop.page.getByRole('dialog')).toBeVisible()
})

test('is connected again after a reload', async ({ desktop }) => {
  const { page } = desktop
  await page.reload()
  // A command chosen before the new page is connected goes nowhere, as it should.
  await expect(async () => {
    await desktop.clickMenu('help.keys')
    await expect(page.getByRole('dialog')).toBeVisible({ timeout: 1000 })
  }).toPass({ timeout: 15_000 })
})

test('opens the folder that the system’s dialog answers, and says what is wrong with it', async ({ desktop, home }) => {
  const { page } = desktop
  await expect(page.getByText('digits', { exact: true }).first()).toBeVisible()
  await desktop.chooseNext(undefined)
  await desktop.clickMenu('patient.openFolder')
  await desktop.chooseNext(home)
  await desktop.clickMenu('patient.openFolder')
  await expect(page.getByText(/primary\.json/).first()).toBeVisible()
})
