/** Two recorded sessions on one clock, through the real interface: laid together, monitored, zoomed, looped, idle time skipped, departures gone to. */
import type { Page } from '@playwright/test'
import { AFTER, BEFORE, writeAfter, writeBefore } from '../fixtures/besideSessions'
import { expect, test } from './fixtures'

const playhead = (page: Page) => page.getByRole('slider', { name: 'Playhead' })
const at = async (page: Page): Promise<number> => Number(await playhead(page).getAttribute('aria-valuenow'))
const press = async (page: Page, ...keys: string[]): Promise<void> => {
  for (const key of keys)
    await page.keyboard.press(key)
}

// The smallest window that is to be usable; software draws it in a third of the time.
test.use({ viewport: { width: 1100, height: 700 } })

test('before and after, side by side', async ({ home, served: { page, errors } }) => {
  writeBefore(home)
  writeAfter(home)
  const beside = page.getByRole('region', { name: 'Beside each other' })
  const begins = page.getByRole('slider', { name: 'Where the second session begins' })
  const inView = (span: string) => page.getByRole('group', { name: `Zoom, ${span} in view` })

  await test.step('the second lies with its first trial on the first’s', async () => {
    await page.getByRole('button', { name: 'Skip the tour' }).click()
    await page.getByRole('radio', { name: 'Replay' }).click()
    await page.getByRole('region', { name: 'Sessions' }).getByText(BEFORE).click()
    await page.getByRole('button', { name: 'compare' }).click()
    await page.getByRole('dialog', { name: 'compare' }).getByRole('button', { name: AFTER }).click()
    await expect(begins).toHaveAttribute('aria-valuetext', 'begins 5.0 s earlier')
    await page.getByRole('button', { name: 'compare' }).click()
    await page.getByRole('button', { name: 'beginnings' }).click()
    await expect(begins).toHaveAttribute('aria-valuetext', 'begins together')
    await page.getByRole('button', { name: 'first trials' }).click()
    await press(page, 'Escape')
    await expect(playhead(page)).toHaveAttribute('aria-valuemin', '-5')
  })

  await test.step('both at the playhead: what was done, what was answered, what human and symbiote had come to', async () => {
    await playhead(page).focus()
    await press(page, 'Home', 'ArrowRight', 'ArrowRight', 'ArrowRight')
    const row = (name: string) => beside.getByRole('row', { name, exact: false }).filter({ has: page.getByRole('rowheader', { name, exact: true }) })
    await expect(row('at').getByRole('cell')).toHaveText(['0:06.0', '0:11.0'])
    await expect(row('stimulated')).toContainText('layers.0.unit[2]')
    await expect(row('answer').getByRole('cell')).toHaveText(['item 2: right', 'item 2: left, it is right'])
    await expect(row('Δ log p').getByRole('cell')).toHaveText(['−0.520 ± 0.020 nats', '−0.270 ± 0.020 nats'])
    await expect(row('symbiote').getByRole('cell').last()).toHaveText('at work')
    await press(page, 'End')
    await expect(row('symbiote').getByRole('cell').last()).toHaveText('cancelled')
    await expect(row('mapping').getByRole('cell')).toHaveText(['1 of 2 sites positive', '0 of 1 sites positive'])
  })

  await test.step('its annotations are read, and gone to on the first’s clock', async () => {
    const theirs = page.getByRole('group', { name: `Annotations of ${AFTER}` })
    await theirs.getByRole('button', { name: 'Speech annotation at 0:09.0: speech arrest' }).click()
    await expect.poll(() => at(page)).toBe(4)
    await expect(page.getByRole('group', { name: 'Annotations', exact: true }).getByRole('button')).toHaveCount(2)
  })

  await test.step('a monitor reads both, without and with the stimulation', async () => {
    await page.getByRole('button', { name: 'tracks' }).click()
    const menu = page.getByRole('dialog', { name: 'tracks' })
    await menu.getByLabel('Address of a site to monitor').fill('layers.0.unit[0]')
    await press(page, 'Enter', 'Escape')
    await playhead(page).focus()
    // The sixth trial of both.
    await press(page, 'Home', ...Array.from<string>({ length: 6 }).fill('ArrowRight'))
    await expect(page.getByText('5.0 → 2.5', { exact: true })).toHaveCount(2)
  })

  await test.step('from a millisecond to all of it', async () => {
    await expect(inView('1 min 3 s')).toBeVisible()
    for (let i = 0; i < 30 && !await inView('1 ms').isVisible(); i++)
      await press(page, '+')
    await expect(inView('1 ms')).toBeVisible()
    // Around the playhead, whose clock is now as fine.
    await expect(playhead(page)).toHaveAttribute('aria-valuetext', /^0:12\.0{5}/)
    await press(page, '0')
    await expect(inView('1 min 3 s')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Show all of it' })).toBeDisabled()
  })

  await test.step('a selection is looped: the playhead goes round and not on', async () => {
    await press(page, 'Home', 'ArrowRight', 'ArrowRight', 'i', 'ArrowRight', 'ArrowRight', 'o')
    const selection = page.getByRole('toolbar', { name: 'Selection' })
    await expect(selection).toContainText('4.0 s')
    await selection.getByRole('button', { name: 'loop' }).click()
    await playhead(page).focus()
    await press(page, '>', '>', '>', '>', '>', 'Space')
    let back = false
    for (let last = await at(page), i = 0; i < 200 && !back; i++) {
      const now = await at(page)
      expect(now).toBeGreaterThanOrEqual(4)
      expect(now).toBeLessThanOrEqual(8)
      back = now < last
      last = now
    }
    expect(back).toBe(true)
    await press(page, 'Space')
    await selection.getByRole('button', { name: 'Let the selection go' }).click()
  })

  await test.step('half a minute of nothing is skipped', async () => {
    await page.getByRole('button', { name: 'Skip idle time' }).click()
    await playhead(page).focus()
    await press(page, 'Home', ...Array.from<string>({ length: 12 }).fill('ArrowRight'))
    await expect.poll(() => at(page)).toBe(24)
    await press(page, '<', '<', '<', '<', '<', 'Space')
    await expect.poll(() => at(page)).toBeGreaterThan(55)
    await press(page, 'k')
  })

  await test.step('a re-execution’s departures are listed by class, one press away', async () => {
    const run = page.getByRole('region', { name: 'Re-execution' })
    await expect(run.getByRole('group', { name: 'First departure' })).toContainText('1.250000238418579')
    await expect(run.getByRole('list', { name: 'Trials' }).getByRole('button')).toHaveCount(4)
    await run.getByRole('radio', { name: 'different decision' }).check({ force: true })
    await run.getByRole('list', { name: 'Trials' }).getByRole('button', { name: /0:18\.0.*different decision/ }).click()
    await expect.poll(() => at(page)).toBe(18)
    await expect(beside).toContainText('0:18.0')
  })

  await test.step('ended, the first is alone', async () => {
    await beside.getByRole('button', { name: 'End' }).click()
    await expect(begins).toHaveCount(0)
    await expect(playhead(page)).toHaveAttribute('aria-valuemin', '0')
  })
  expect(errors).toEqual([])
})
