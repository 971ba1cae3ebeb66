/** Browser and end-to-end tests, in a real Chromium with software rendering: the same picture on every machine. */
import { join } from 'node:path'
import process from 'node:process'
import { defineConfig } from '@playwright/test'
import { findChromium, LAUNCH_ARGS } from './chromium'

const root = join(import.meta.dirname, '../..')
const executablePath = findChromium()

export default defineConfig({
  outputDir: join(root, 'test-results/playwright'),
  // Software rendering takes both cores; two pages at once would measure each other.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: { args: LAUNCH_ARGS, ...(executablePath === undefined ? {} : { executablePath }) },
  },
  projects: [
    { name: 'browser', testDir: join(root, 'test/browser'), testMatch: '**/*.spec.ts' },
    { name: 'e2e', testDir: join(root, 'test/e2e'), testMatch: '**/*.spec.ts' },
  ],
})
