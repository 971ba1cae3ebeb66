/**
 * An hour's session with a million events on the screen, in headless Chromium with software rendering: from asking for it to its
 * first frame, and the main thread while the timeline is panned, zoomed and scrubbed. Tasks are those of the browser's own trace: on the
 * clock, where other work of a busy machine counts too, and in processor time of the thread. SYMBIOTE_BENCH_EVENTS asks for fewer events, SYMBIOTE_BENCH_SESSION for a session already made.
 */
import type { Page } from 'playwright-core'
import type { Bench, BenchContext } from './bench'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { chromium } from 'playwright-core'
import { ensureChromium, LAUNCH_ARGS } from '../config/chromium'
import { makeLongSession } from '../fixtures/longSession'
import { percentile, rounded } from './bench'

const STEPS = 60
const NAME = 'a-long-session'

interface Move { before: (page: Page) => Promise<void>, run: (page: Page) => Promise<void> }

const wheel = async (page: Page, times: number, dx: number, dy: number): Promise<void> => {
  for (let i = 0; i < times; i++)
    await page.mouse.wheel(dx, dy)
}
const fit = (page: Page): Promise<void> => page.keyboard.press('0')
const thereAndBack = async (page: Page, dx: number, dy: number): Promise<void> => {
  await wheel(page, STEPS / 2, dx, dy)
  await wheel(page, STEPS / 2, -dx, -dy)
}
const zoomedBy = (notches: number) => async (page: Page): Promise<void> => {
  await fit(page)
  await wheel(page, notches, 0, -120)
}

const MOVES: Record<string, Move> = {
  'panning, under a second in view': { before: zoomedBy(38), run: page => thereAndBack(page, 180, 0) },
  'panning, a minute in view': { before: zoomedBy(18), run: page => thereAndBack(page, 180, 0) },
  'panning, a third of the hour in view': { before: zoomedBy(4), run: page => thereAndBack(page, 180, 0) },
  'zooming in from an hour and out again': { before: fit, run: page => thereAndBack(page, 0, -120) },
  'scrubbing over the hour': {
    before: fit,
    run: async (page) => {
      const { x, y, width } = (await page.getByRole('slider', { name: 'Playhead' }).boundingBox())!
      await page.mouse.move(x + 10, y + 8)
      await page.mouse.down()
      for (let i = 0; i < STEPS; i++)
        await page.mouse.move(x + 10 + (width - 20) * (i / STEPS), y + 8)
      await page.mouse.up()
    },
  },
}

export async function bench({ here, say }: BenchContext): Promise<Bench> {
  const home = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  const browser = await chromium.launch({ executablePath: ensureChromium(say), args: LAUNCH_ARGS })
  const child = spawn(process.execPath, [join(here, 'cli.js'), 'serve', '--no-open', '--quiet'], { env: { ...process.env, SYMBIOTE_HOME: home }, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const folder = join(home, 'sessions', `${NAME}.session`)
    say('  recording…')
    if (process.env.SYMBIOTE_BENCH_SESSION !== undefined)
      cpSync(process.env.SYMBIOTE_BENCH_SESSION, folder, { recursive: true, filter: from => !from.endsWith('.sqlite') })
    else
      makeLongSession(folder, { events: Number(process.env.SYMBIOTE_BENCH_EVENTS ?? 1_000_000), seconds: 3600 })
    const [url] = await once(child.stdout, 'data') as [Buffer]
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(String(url).trim())
    await page.getByRole('button', { name: 'Skip the tour' }).click()
    await page.getByRole('radio', { name: 'Replay' }).click()
    say('  opening…')
    const figures = { ...await opening(page, 'without index') }
    // Again, with the index that the first opening left behind.
    await page.getByRole('button', { name: 'Close' }).first().click()
    Object.assign(figures, await opening(page, 'with index'))
    say('  moving…')
    for (const [name, move] of Object.entries(MOVES))
      Object.assign(figures, await moving(page, name, move))
    return { name: 'pan', figures }
  }
  finally {
    await browser.close()
    child.kill('SIGINT')
    rmSync(home, { recursive: true, force: true })
  }
}

declare global {
  interface Window { frameAfter: Promise<number> }
}

/** A task of more than this is felt, ms. */
const STALL = 50

interface TraceEvent { name: string, ph: string, pid: number, tid: number, dur?: number, tdur?: number, args?: { name?: string } }

/** Figures of the longest tasks of the page's main thread while `act` runs. */
async function traced(page: Page, name: string, act: () => Promise<void>): Promise<Bench['figures']> {
  const browser = page.context().browser()!
  await browser.startTracing(page, { categories: ['toplevel'] })
  await act()
  await page.waitForTimeout(500)
  const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as { traceEvents: TraceEvent[] }
  const mains = new Set(traceEvents.filter(event => event.name === 'thread_name' && event.args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`))
  const tasks = traceEvents.filter(event => event.ph === 'X' && event.name.endsWith('RunTask') && mains.has(`${event.pid} ${event.tid}`))
  const clock = tasks.map(({ dur = 0 }) => dur / 1000)
  const processor = tasks.map(({ tdur = 0 }) => tdur / 1000)
  return {
    [`${name}: longest task, ms on the clock · of the processor`]: `${rounded(percentile(clock, 1))} · ${rounded(percentile(processor, 1))}`,
    [`${name}: tasks over ${STALL} ms, on the clock · of the processor`]: `${clock.filter(ms => ms > STALL).length} · ${processor.filter(ms => ms > STALL).length}`,
  }
}

/** From the click to the frame that shows the timeline's first events, and until all of it is read. */
async function opening(page: Page, how: string): Promise<Bench['figures']> {
  const item = page.getByRole('region', { name: 'Sessions' }).getByText('A long session').first()
  await item.waitFor()
  await page.waitForTimeout(1000)
  await page.evaluate(() => {
    window.frameAfter = new Promise((resolve) => {
      window.addEventListener('click', () => {
        const began = performance.now()
        const look = (): void => {
          if (document.querySelector('[role=slider][aria-label=Playhead]')?.getAttribute('aria-disabled') === 'false')
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)))
          else
            requestAnimationFrame(look)
        }
        look()
      }, { once: true, capture: true })
    })
  })
  let first = 0
  let all = 0
  const tasks = await traced(page, `reading it, ${how}`, async () => {
    const began = performance.now()
    await item.click()
    first = await page.evaluate(() => window.frameAfter)
    const reading = page.getByText('Reading the recording')
    // It comes with the first frame or just after it; a short session is there at once.
    await reading.waitFor({ timeout: 1000 }).catch(() => {})
    await reading.waitFor({ state: 'detached', timeout: 120_000 })
    all = performance.now() - began
  })
  return { [`click to first frame, ${how}, ms`]: rounded(first), [`all of it read, ${how}, s`]: rounded(all / 1000), ...tasks }
}

async function moving(page: Page, name: string, { before, run }: Move): Promise<Bench['figures']> {
  const { x, y, width } = (await page.getByRole('slider', { name: 'Playhead' }).boundingBox())!
  await page.mouse.move(x + width * 0.4, y + 50)
  await before(page)
  await page.waitForTimeout(1000)
  const inView = (await page.getByRole('group', { name: /^Zoom/ }).getAttribute('aria-label'))?.replace('Zoom, ', '')
  return traced(page, `${name} (${inView})`, () => run(page))
}
