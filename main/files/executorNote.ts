/**
 * What `auto` found out about this machine's executors, kept beside the settings. Text that only the engine reads; lost or
 * damaged it costs one more measurement, so reading never fails.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from './atomic'

/** A note is a few hundred bytes; it travels in the environment of the engine process. */
const LONGEST = 10_000

/** @param home the root of the user's data */
export async function readExecutorNote(home: string): Promise<string | undefined> {
  const text = await readFile(pathIn(home), 'utf8').catch(() => undefined)
  return text !== undefined && text.length <= LONGEST && !text.includes('\0') ? text.trim() : undefined
}

export async function writeExecutorNote(home: string, note: string): Promise<void> {
  if (await readExecutorNote(home) !== note) await writeAtomic(pathIn(home), [`${note}\n`])
}

function pathIn(home: string): string {
  return join(home, 'executor.json')
}
