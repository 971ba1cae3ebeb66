/** What `npm run tensorflow` says where it cannot do its work. That the built addon computes is tested with the executors. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { addonObstacle, buildAddon, tryAddon } from '../../main/cli/tensorflowAddon'

const folder = mkdtempSync(join(tmpdir(), 'symbiote-addon-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('names the platforms it is not for, and what runs there', () => {
  expect(addonObstacle({ platform: 'darwin', arch: 'arm64' })).toBe('TensorFlow\'s wheels are used on Linux x64 only, not on darwin arm64. Use the executors wasm and webgpu here.')
})

it('does not build against a folder without TensorFlow', async () => {
  const nothing = { folder, wheel: folder, headers: folder, say: () => {} }
  await expect(buildAddon(nothing)).rejects.toThrow(`${folder} holds no TensorFlow: tensorflow/libtensorflow_cc.so is missing.`)
})

it('says that an addon does not run, with its own words', async () => {
  await expect(tryAddon(folder)).rejects.toThrow(/does not run \(exit code 1\).*Cannot find module/s)
})
