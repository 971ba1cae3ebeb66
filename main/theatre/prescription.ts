/**
 * Saves what steering came to: the primary with its gates folded in, as a primary of its own, and the prescription beside it. The
 * engine finds the gates and folds them (`steeringReport` of `engine/symbiote`); a find with the objective steer ends here:
 *
 *   await savePrescription(out, { base: await readPrimary(path), dataset: { name, sha256 }, asked: { objective, target, baseline }, addresses, gates, folded })
 */
import type { Tensor } from '../../preload/contract/engine'
import type { Prescription } from '../../preload/contract/prescription'
import type { PrimaryFile } from '../../preload/contract/primary'
import type { FindAsked } from '../../preload/contract/symbiote'
import type { Primary } from '../files/primary'
import { isAbsolute, resolve } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { shippedDatasets } from '../files/dataset'
import { writeSteered } from '../files/prescription'
import { nameOf, PRESCRIPTION_FILE } from '../files/primary'

export interface Steered {
  /** The primary that was steered. */
  base: Pick<Primary, 'path' | 'file' | 'weightsSha256'>
  /** The task's. */
  dataset: { name: string, sha256: string }
  asked: Pick<FindAsked, 'objective' | 'target' | 'baseline'>
  addresses: readonly string[]
  /** In the order of the addresses. */
  gates: ArrayLike<number>
  /** The base's weights with the gates folded in. */
  folded: Record<string, Tensor>
}

/** Throws `prescription-empty`, and what `writePrimary` throws. */
export async function savePrescription(folder: string, steered: Steered, options: { replace?: boolean } = {}): Promise<Primary> {
  const prescription = prescriptionOf(steered)
  if (prescription.gates.length === 0)
    throw new UserError({ code: 'prescription-empty', message: `Every gate is 1, so the steered primary would be ${steered.base.file.name} once more.`, remedy: 'Allow a larger dose, or train longer.', path: folder })
  return writeSteered(folder, { file: fileOf(folder, steered, prescription), weights: steered.folded }, prescription, options)
}

function prescriptionOf({ base, dataset, asked: { objective, target, baseline }, addresses, gates }: Steered): Prescription {
  const changed = addresses.map((address, i) => ({ address, gate: gates[i] })).filter(({ gate }) => gate !== 1)
  return {
    format: 'symbiote-prescription/1',
    base: { name: base.file.name, weightsSha256: base.weightsSha256 },
    dataset,
    objective,
    ...(target === undefined ? {} : { target }),
    baseline,
    gates: changed,
    dose: changed.reduce((sum, { gate }) => sum + Math.abs(gate - 1), 0),
  }
}

/** What was true of the base is kept as the base's: its metrics and its circuit are not those of the steered primary. */
function fileOf(folder: string, { base }: Steered, { base: { name, weightsSha256 }, objective, target, baseline, gates, dose }: Prescription): PrimaryFile {
  const { seed, executor, steps, ...rest } = base.file.provenance ?? {}
  return {
    ...base.file,
    name: nameOf(folder),
    task: { ...base.file.task, dataset: datasetFrom(base) },
    provenance: {
      ...(seed === undefined ? {} : { seed }),
      ...(executor === undefined ? {} : { executor }),
      ...(steps === undefined ? {} : { steps }),
      base: { ...rest, name, weightsSha256 },
      gates: { objective, ...(target === undefined ? {} : { target }), baseline, sites: gates.length, dose, prescription: PRESCRIPTION_FILE },
    },
  }
}

/** A data set's folder may be named from the base's own, which the steered primary does not lie in. */
function datasetFrom({ path, file: { task: { dataset } } }: Steered['base']): string {
  return shippedDatasets.includes(dataset) || isAbsolute(dataset) ? dataset : resolve(path, dataset)
}
