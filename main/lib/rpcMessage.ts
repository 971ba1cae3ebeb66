/**
 * birpc's messages, looked at before they are believed, and their errors across a process boundary. Structured clone
 * keeps an Error's message and drops everything else, so a UserError would arrive without its code and remedy: both
 * ends of the engine's channel use `sealErrors` and `openErrors` as `serialize` and `deserialize`. Everything but a
 * failed answer passes untouched, typed arrays included.
 */
import type { UserErrorData } from '../../preload/contract/errors'
import { UserError } from '../../preload/contract/errors'

/** Given to birpc in place of a message that is none: what its `deserialize` throws would end the process. */
export const NO_MESSAGE = { t: 's', i: '' }

interface SealedError { userError?: UserErrorData, message: string, stack?: string }

export function sealErrors(message: unknown): unknown {
  return isAnswer(message) && message.e !== undefined ? { ...message, e: seal(message.e) } : message
}

/** Anything that is no birpc message becomes an answer nobody waits for. */
export function openErrors(message: unknown): unknown {
  if (!isRequest(message) && !isAnswer(message))
    return NO_MESSAGE
  return isAnswer(message) && isSealed(message.e) ? { ...message, e: open(message.e) } : message
}

export function isRequest(message: unknown): message is { t: 'q', m: string, a: unknown[] } {
  return isRecord(message) && message.t === 'q' && typeof message.m === 'string' && Array.isArray(message.a)
}

export function isAnswer(message: unknown): message is { t: 's', i: string, r?: unknown, e?: unknown } {
  return isRecord(message) && message.t === 's' && typeof message.i === 'string'
}

function seal(error: unknown): SealedError {
  if (error instanceof UserError)
    return { userError: error.data, message: error.message }
  return error instanceof Error ? { message: error.message, stack: error.stack } : { message: String(error) }
}

function open({ userError, message, stack }: SealedError): Error {
  if (userError !== undefined)
    return new UserError(userError)
  const error = new Error(message)
  if (stack !== undefined)
    error.stack = stack
  return error
}

function isSealed(value: unknown): value is SealedError {
  return isRecord(value) && !(value instanceof Error) && typeof value.message === 'string'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
