/**
 * `npm run -s symbiote -- COMMAND` in a checkout: builds where needed, then is the command line. The same process, so
 * exit codes and signals are the command's own. Plain Node runs this; see `built.ts`.
 */
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from './built.ts'

const root = join(import.meta.dirname, '../..')
try {
  await ensureBuilt(root)
}
catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}
const entry = join(root, 'out/main/cli.js')
process.argv[1] = entry
await import(pathToFileURL(entry).href)
