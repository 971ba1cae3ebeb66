/**
 * A steered primary on disk: a primary like any other, with `prescription.json` beside its weights. Whether the weights are what the
 * prescription makes of its base is not checked here; the engine folds gates.
 */
import type { Tensor } from '../../preload/contract/engine'
import type { Prescription } from '../../preload/contract/prescription'
import type { Architecture, PrimaryFile } from '../../preload/contract/primary'
import type { Primary } from './primary'
import { join, resolve } from 'node:path'
import { resolveAddress } from '../../preload/contract/address'
import { UserError } from '../../preload/contract/errors'
import { prescriptionSchema } from '../../preload/contract/prescription'
import { checkJson, parseJson, readText } from './json'
import { PRESCRIPTION_FILE, readPrimaryFile, writePrimary } from './primary'

/** How far the dose may be from the sum of its gates: both are written in full, but summed in some order. */
const TOLERANCE = 1e-9

/** Checked against the architecture beside it. Throws `prescription-invalid`, and what `readPrimaryFile` throws. */
export async function readPrescription(folder: string): Promise<Prescription> {
  const { architecture } = await readPrimaryFile(resolve(folder))
  const path = join(resolve(folder), PRESCRIPTION_FILE)
  const text = await readText(path)
  checkFormat(parseJson(text, path), path)
  const prescription = checkJson(text, path, prescriptionSchema)
  checkGates(prescription, architecture, path)
  return prescription
}

/** Whole or not at all, like `writePrimary`. Refuses a prescription that could not be read again. */
export async function writeSteered(folder: string, primary: { file: PrimaryFile, weights: Record<string, Tensor> }, prescription: Prescription, options: { replace?: boolean } = {}): Promise<Primary> {
  const path = join(resolve(folder), PRESCRIPTION_FILE)
  const text = `${JSON.stringify(prescription, undefined, 2)}\n`
  checkGates(checkJson(text, path, prescriptionSchema), primary.file.architecture, path)
  return writePrimary(folder, primary, { ...options, prescription: text })
}

function checkFormat(json: unknown, path: string): void {
  const { format } = new Object(json) as { format?: unknown }
  if (typeof format === 'string' && Number(/^symbiote-prescription\/(\d+)$/.exec(format)?.[1]) > 1)
    throw new UserError({ code: 'format-newer', message: `${path} is of format ${format}, newer than this version of Symbiote, which reads symbiote-prescription/1.`, remedy: 'Open it with a newer Symbiote.', path })
}

/** Sites that are there, each once, with a gate that does something, and their sum. */
function checkGates({ gates, dose, objective, target }: Prescription, architecture: Architecture, path: string): void {
  if ((objective === 'steer') !== (target !== undefined))
    throw invalid(path, objective === 'steer' ? 'the objective is steer, and there is no target' : `there is a target, and the objective is ${objective}`, 'A target belongs to the objective steer, and to no other.')
  const seen = new Set<string>()
  for (const { address, gate } of gates) {
    const { error } = resolveAddress(address, architecture)
    if (error)
      throw invalid(path, error.message.replace(/\.$/, ''), error.remedy)
    if (seen.has(address))
      throw invalid(path, `${address} is listed twice`, 'List every site once.')
    if (gate === 1)
      throw invalid(path, `${address} has a gate of 1, which leaves it as it is`, 'Leave it out.')
    seen.add(address)
  }
  const sum = gates.reduce((sum, { gate }) => sum + Math.abs(gate - 1), 0)
  if (!(Math.abs(sum - dose) <= TOLERANCE * Math.max(1, sum)))
    throw invalid(path, `the dose is ${dose}, and its gates make ${sum}`, 'Correct the dose, or the gates.')
}

function invalid(path: string, what: string, remedy: string): UserError {
  return new UserError({ code: 'prescription-invalid', message: `${path}: ${what}.`, remedy, path })
}
