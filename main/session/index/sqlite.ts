/** SQLite as it comes with Node, where it does: Node 24 and Electron have it, Node 20 has not, and nothing is built or installed for it. */
import process from 'node:process'

type Sqlite = typeof import('node:sqlite')

/** Undefined where this Node has none: everything then works by reading the log. */
export function sqlite(): Sqlite | undefined {
  // An import would end the program where the module is missing, and bundlers do not know it.
  return process.getBuiltinModule?.('node:sqlite') as Sqlite | undefined
}
