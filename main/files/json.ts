/** Small JSON files read against a schema, every complaint naming the file and the place in it. */
import type { z } from 'zod'
import { UserError } from '../../preload/contract/errors'
import { withFile } from './reading'

/** No description we write comes near it; a larger file is something else under that name. */
const LIMIT = 16 * 1024 * 1024

export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return checkJson(await readText(path), path, schema)
}

export function checkJson<T>(text: string, path: string, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parseJson(text, path))
  if (result.success)
    return result.data
  const [issue] = result.error.issues
  const where = issue.path.length === 0 ? 'the whole file' : issue.path.join('.')
  throw new UserError({
    code: 'file-invalid',
    message: `${path}: ${where}: ${issue.message}.`,
    remedy: `Correct ${where === 'the whole file' ? 'it' : `"${where}"`} in the file.`,
    path,
  })
}

export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  }
  catch (cause) {
    throw new UserError({
      code: 'file-invalid',
      message: `${path} is not JSON (${(cause as Error).message}).`,
      remedy: 'Correct it, or restore it from a copy.',
      path,
    }, { cause })
  }
}

export async function readText(path: string): Promise<string> {
  return withFile(path, async (file, size) => {
    if (size > LIMIT)
      throw new UserError({ code: 'file-invalid', message: `${path} has ${size} bytes, more than a description ever has.`, remedy: 'Check that it is the right file.', path })
    return file.readFile('utf8')
  })
}
