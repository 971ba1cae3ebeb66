/**
 * Whether `out/` is what the sources say, and building it where it is not. Run by plain Node from a checkout, before
 * there is a build: so only Node's own modules, and imports that name their extension.
 */
import { spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const SOURCES = ['main', 'preload', 'renderer', 'electron.vite.config.ts', 'package.json']
const OUTPUTS = ['out/main/index.js', 'out/main/engine.js', 'out/main/cli.js', 'out/preload/index.cjs', 'out/renderer/index.html']

/** True when every output is there and none is older than a source. */
export function isBuilt(root: string): boolean {
  const made = OUTPUTS.map(path => changedAt(join(root, path)))
  return made.every(time => time !== undefined) && Math.min(...made as number[]) >= Math.max(...SOURCES.map(path => newestIn(join(root, path))))
}

/** Builds where needed. Its output goes to stderr, and only when something is wrong: stdout belongs to the command. */
export async function ensureBuilt(root: string): Promise<void> {
  if (isBuilt(root))
    return
  process.stderr.write('Building Symbiote…\n')
  const { code, output } = await run(root, [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'build'])
  if (code === 0)
    return
  process.stderr.write(output)
  throw new Error('The build failed; its output is above. Run `npm ci` when packages are missing.')
}

function run(root: string, args: string[]): Promise<{ code: number | null, output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => { output += String(chunk) })
    child.stderr.on('data', (chunk) => { output += String(chunk) })
    child.on('error', reject)
    child.on('close', code => resolve({ code, output }))
  })
}

/** A folder counts too: it changes when a file in it comes or goes. */
function newestIn(path: string): number {
  const own = changedAt(path) ?? Number.POSITIVE_INFINITY
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    return own
  return Math.max(own, ...readdirSync(path).map(name => newestIn(join(path, name))))
}

function changedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}
