/** A protocol as a file of the user's: read strictly, with the place of what is wrong; written so that a person can read it. */
import type { Protocol } from '../../../preload/contract/protocol'
import { UserError } from '../../../preload/contract/errors'
import { protocolSchema } from '../../../preload/contract/protocol'

/** Throws the UserErrors `protocol-not-json` and `protocol-invalid`. */
export function readProtocol(text: string, name: string): Protocol {
  let json: unknown
  try {
    json = JSON.parse(text)
  }
  catch (error) {
    throw new UserError({ code: 'protocol-not-json', message: `${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`, remedy: 'Save a protocol here first and change that file.', path: name })
  }
  const result = protocolSchema.safeParse(json)
  if (result.success)
    return result.data
  const issue = result.error.issues[0]!
  const where = issue.path.map((part, i) => typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`).join('')
  throw new UserError({ code: 'protocol-invalid', message: `${name}: ${where || 'the file'}: ${issue.message}.`, remedy: 'Correct it, or begin from a preset and save that.', path: where })
}

export function protocolText(protocol: Protocol): string {
  return `${JSON.stringify(protocol, null, 2)}\n`
}

/** Gives a text to the browser to keep. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
