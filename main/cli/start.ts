/**
 * `npm start`: the desktop app where its binary can be had and there is a display, otherwise one line that says why and
 * the same workstation in the browser. `--desktop` and `--browser` force one; what else is given goes to it.
 * Plain Node runs this; see `built.ts`.
 */
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from './built.ts'
import { electronBinary, fetchElectron, here, runDesktop, windowObstacle } from './desktop.ts'

const root = join(import.meta.dirname, '../..')
const say = (line: string): void => void process.stderr.write(`${line}\n`)

function fail(line: string): never {
  say(line)
  process.exit(1)
}

/** The rest of the process is `symbiote serve`. */
async function browser(args: string[]): Promise<void> {
  const entry = join(root, 'out/main/cli.js')
  process.argv = [process.execPath, entry, 'serve', ...args]
  await import(pathToFileURL(entry).href)
}

/** Why there is no desktop, as the end of a sentence; ends the process when there was one. */
async function desktop(args: string[]): Promise<string> {
  const obstacle = windowObstacle(here())
  if (obstacle !== undefined)
    return obstacle
  const binary = electronBinary(root, process.env) ?? (await fetchElectron(root, process.env, say) ? electronBinary(root, process.env) : undefined)
  if (binary === undefined)
    return 'Electron’s binary could not be fetched'
  const { code, refused } = await runDesktop(binary, root, args, process.env)
  if (!refused)
    process.exit(code)
  return 'Electron could not start on this system (its message is above)'
}

const given = process.argv.slice(2)
const rest = given.filter(argument => argument !== '--desktop' && argument !== '--browser')
const wants = (surface: 'desktop' | 'browser'): boolean => given.includes(`--${surface}`)

if (wants('desktop') && wants('browser'))
  fail('Give --desktop or --browser, not both.')
await ensureBuilt(root).catch((error: Error) => fail(error.message))

if (wants('browser')) {
  await browser(rest)
}
else {
  const why = await desktop(rest)
  if (wants('desktop'))
    fail(`The desktop app cannot run here: ${why}. \`npm start -- --browser\` opens the same workstation in a browser.`)
  say(`No desktop window, because ${why}; the same workstation opens in the browser.`)
  await browser(rest)
}
