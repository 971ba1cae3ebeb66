/** Named directions beside a transformer's weights: unit vectors in its residual stream, found by whoever looked for them. */
import type { Architecture } from '../../preload/contract/primary'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { resolveAddress } from '../../preload/contract/address'
import { UserError } from '../../preload/contract/errors'
import { isMissing } from './fileErrors'
import { readSafetensors } from './safetensors'

export const DIRECTIONS_FILE = 'directions.safetensors'

/** How far from 1 the length of a unit vector may be, float16 included. */
const TOLERANCE = 2e-3

/** By address; none where the folder has no such file. Throws `directions-unfit`. */
export async function readDirections(folder: string, architecture: Architecture): Promise<Record<string, Float32Array>> {
  const path = join(folder, DIRECTIONS_FILE)
  if (await stat(path).then(() => false, isMissing))
    return {}
  const { tensors } = await readSafetensors(path)
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape, data }]) => {
    const { sites, error } = resolveAddress(name, architecture)
    if (error ?? sites?.[0].kind !== 'direction')
      throw unfit(path, `"${name.slice(0, 80)}" is not the address of a direction in this primary`, 'Name each by its address, as in blocks.1.resid_post.direction[plural].')
    const width = architecture.kind === 'transformer' ? architecture.dModel : 0
    if (shape.join() !== String(width) || !(data instanceof Float32Array))
      throw unfit(path, `${name} is [${shape.join(', ')}], and the residual stream is ${width} wide`, `Save it as F32 [${width}].`)
    const length = Math.hypot(...data)
    if (!(Math.abs(length - 1) < TOLERANCE))
      throw unfit(path, `${name} has length ${length.toPrecision(4)}, and a direction is a unit vector`, 'Divide it by its length.')
    return [name, data]
  }))
}

function unfit(path: string, what: string, remedy: string): UserError {
  return new UserError({ code: 'directions-unfit', message: `${path}: ${what}.`, remedy, path })
}
