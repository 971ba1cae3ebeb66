/**
 * The screen in headless Chromium with software rendering, over `symbiote serve`: from opening the page to the first
 * possible stimulation, from a click to changed pixels, and the resident memory of an idle host.
 */
import type { Page } from 'playwright-core'
import type { Bench, BenchContext } from './bench'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { chromium } from 'playwright-core'
import { ensureChromium, LAUNCH_ARGS } from '../config/chromium'
import { percentile, rounded } from './bench'

const ROUNDS = 5
const CLICKS = 30

export async function bench({ here, say }: BenchContext): Promise<Bench> {
  const home = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  const browser = await chromium.launch({ executablePath: ensureChromium(say), args: LAUNCH_ARGS })
  const opened: number[] = []
  let clicks: number[] = []
  let idle = 0
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const child = spawn(process.execPath, [join(here, 'cli.js'), 'serve', '--no-open', '--quiet'], { env: { ...process.env, SYMBIOTE_HOME: home }, stdio: ['ignore', 'pipe', 'inherit'] })
      const [url] = await once(child.stdout!, 'data') as [Buffer]
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
      const start = performance.now()
      await page.goto(String(url).trim())
      await ready(page)
      opened.push((performance.now() - start) / 1000)
      if (round === ROUNDS - 1) {
        clicks = await clickToPixels(page)
        idle = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
      }
      await page.close()
      child.kill('SIGINT')
      await once(child, 'exit')
    }
  }
  finally {
    await browser.close()
    rmSync(home, { recursive: true, force: true })
  }
  return {
    name: 'page',
    figures: {
      'page opened to first possible stimulation, s median': rounded(percentile(opened, 0.5)),
      'page opened to first possible stimulation, s worst of 5': rounded(percentile(opened, 1)),
      'click to changed pixels, ms p50': rounded(percentile(clicks, 0.5)),
      'click to changed pixels, ms p95': rounded(percentile(clicks, 0.95)),
      'host resident with a screen, MB': Math.round(idle),
    },
  }
}

interface SceneHandle { project: (sheet: number, index: number) => { x: number, y: number } | undefined }

/** The network stands, an item is presented, and a click would be answered. */
async function ready(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const canvas = document.querySelector('canvas.canvas') as HTMLCanvasElement & { scene?: SceneHandle } | null
    return canvas?.scene?.project(1, 0) !== undefined && /target/.test(document.querySelector('[aria-label="Status"]')?.textContent ?? '')
  })
}

/** Times in the page itself: from the pointer's release to the frame after the one that drew the answer. */
async function clickToPixels(page: Page): Promise<number[]> {
  await page.getByRole('button', { name: 'Skip the tour' }).click()
  const times: number[] = []
  for (let i = 0; i < CLICKS; i++) {
    const { x, y } = await page.evaluate((unit) => {
      const canvas = document.querySelector('canvas.canvas') as HTMLCanvasElement & { scene: SceneHandle }
      const box = canvas.getBoundingClientRect()
      const place = canvas.scene.project(1, unit)!
      return { x: box.x + place.x, y: box.y + place.y }
    }, (7 + 37 * i) % 256)
    await page.mouse.move(x, y)
    await page.waitForTimeout(250)
    await page.evaluate(armTimer)
    await page.mouse.down()
    await page.mouse.up()
    const ms = await page.evaluate(() => (window as unknown as { changed: Promise<number> }).changed)
    if (Number.isFinite(ms)) times.push(ms)
    await page.waitForTimeout(900)
  }
  return times
}

/** Runs in the page. The response changes in the same pass in which the scene is given its colours; two frames later both are drawn. */
function armTimer(): void {
  const response = document.querySelector('section[aria-label="Response"]')!
  const before = response.textContent
  const changed = new Promise<number>((resolve) => {
    window.addEventListener('pointerup', () => {
      const start = performance.now()
      const look = (): void => {
        if (response.textContent !== before) requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)))
        else if (performance.now() - start > 5000) resolve(Number.NaN)
        else requestAnimationFrame(look)
      }
      look()
    }, { once: true, capture: true })
  })
  Object.assign(window, { changed })
}
