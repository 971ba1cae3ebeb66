/** Whether a session can be written to, asked without trying. */
import type { UserErrorData } from '../../preload/contract/errors'
import { accessSync, constants } from 'node:fs'
import { writeFailure } from './failures'
import { inUse, lockHolder } from './lock'

/** Undefined where it can. */
export function whyReadOnly(folder: string): UserErrorData | undefined {
  const holder = lockHolder(folder)
  if (holder !== undefined)
    return inUse(folder, holder).data
  try {
    accessSync(folder, constants.W_OK)
    return undefined
  }
  catch (error) {
    return writeFailure(error, folder).data
  }
}
