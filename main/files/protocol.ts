/** A mapping protocol on disk: one JSON file, checked strictly. */
import type { Protocol } from '../../preload/contract/protocol'
import { UserError } from '../../preload/contract/errors'
import { PROTOCOL_FORMAT, protocolSchema } from '../../preload/contract/protocol'
import { checkJson, parseJson, readText } from './json'

export async function readProtocol(path: string): Promise<Protocol> {
  const text = await readText(path)
  const format = formatOf(parseJson(text, path))
  // A protocol of another version fails at many places; this is the one that says why.
  if (format !== PROTOCOL_FORMAT) throw new UserError({ code: 'file-invalid', message: `${path}: format: it is ${JSON.stringify(format) ?? 'missing'}, "${PROTOCOL_FORMAT}" was expected.`, remedy: 'Write it for this version, or open it with the version it was written for.', path })
  return checkJson(text, path, protocolSchema)
}

function formatOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
}
