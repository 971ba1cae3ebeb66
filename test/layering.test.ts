/** Holds every import of the sources against `layers.ts`, and shows that a breach would be found. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importsIn, importsOf } from './imports'
import { breaches, LAYERS } from './layers'

const root = join(import.meta.dirname, '..')

/** The imports of a made-up file. */
const of = (path: string, text: string): string[] => breaches(importsOf(root, join(root, path), text))

it('holds in the sources', () => {
  const imports = importsIn(root, ['main', 'preload', 'renderer'])
  expect(imports.length).toBeGreaterThan(200)
  expect(breaches(imports)).toEqual([])
})

it('has Electron in the shell alone', () => {
  const electron = importsIn(root, ['main', 'preload', 'renderer']).filter(({ to }) => to === 'electron').map(({ from }) => from)
  const allowed = electron.filter(from => /^(?:main\/index\.ts|main\/shell\/.*|main\/host\/utilityProcess\.ts|preload\/index\.ts)$/.test(from))
  expect(electron).toEqual(allowed)
  expect(electron.length).toBeGreaterThan(0)
})

describe('finds a breach', () => {
  it.each([
    ['engine reads a file of the session', 'main/engine/x.ts', `import { read } from '../session/reader'`],
    ['engine knows Electron, if only its types', 'main/engine/x.ts', `import type { App } from 'electron'`],
    ['contract brings a package along', 'preload/contract/x.ts', `import { ref } from 'vue'`],
    ['contract uses Node', 'preload/contract/x.ts', `import { join } from 'node:path'`],
    ['host imports the engine it starts by path', 'main/host/x.ts', `import { Engine } from '../engine/engine'`],
    ['host imports Electron outside its one file', 'main/host/x.ts', `import { app } from 'electron'`],
    ['theatre starts a process itself', 'main/theatre/x.ts', `import { forkProcess } from '../host/forkProcess'`],
    ['theatre looks into the engine', 'main/theatre/x.ts', `export * from '../engine/random'`],
    ['scene uses the framework', 'renderer/scene/x.ts', `import { ref } from 'vue'`],
    ['scene asks the host', 'renderer/scene/x.ts', `import { createClient } from '../client/client'`],
    ['screen reaches into main', 'renderer/stores/x.ts', `const site = await import('../../main/files/home')`],
    ['screen uses Node', 'renderer/App.ts', `import { Buffer } from 'node:buffer'`],
    ['screen uses Node by its old name', 'renderer/App.ts', `import fs from 'fs'`],
    ['a panel imports another', 'renderer/panels/header/X.vue', `<script setup lang="ts">\nimport Y from '../timeline/Y.vue'\n</script>\n<template><p>import</p></template>`],
    ['something is required', 'main/lib/x.ts', `const fs = require('node:fs')`],
    ['an import type reaches over', 'main/session/x.ts', `let x: import('../engine/engine').Engine`],
    ['a file is in no layer', 'main/misc.ts', `import { x } from './lib/rpcMessage'`],
    ['sources import a test', 'main/lib/x.ts', `import { x } from '../../test/imports'`],
    ['an import leaves the project', 'main/lib/x.ts', `import { x } from '../../../elsewhere'`],
  ])('%s', (_, path, text) => {
    expect(of(path, text)).toHaveLength(1)
  })

  it('and only a breach', () => {
    expect(of('main/theatre/x.ts', `import type { EngineClient } from '../host/engineClient'`)).toEqual([])
    expect(of('renderer/panels/header/X.vue', `<script setup>\nimport Y from './Y.vue'\nimport { ref } from 'vue'\n</script>`)).toEqual([])
    expect(of('main/host/utilityProcess.ts', `import { utilityProcess } from 'electron'`)).toEqual([])
  })
})

it('names folders that exist', () => {
  const files = new Set(importsIn(root, ['main', 'preload', 'renderer']).map(({ from }) => from))
  for (const { at } of LAYERS)
    expect([...files].some(file => file === at || file.startsWith(`${at}/`)), at).toBe(true)
})
