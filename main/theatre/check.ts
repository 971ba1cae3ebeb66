/** Whether the circuit that a recipe is known for is really in a primary. Where none is known, whether it does its task. */
import type { RecipeName } from '../../preload/contract/primary'
import type { EngineClient } from '../host/engineClient'
import type { CircuitCheck } from './circuits/circuit'
import type { LoadedPatient } from './loading'
import { UserError } from '../../preload/contract/errors'
import { RECIPES } from '../../preload/contract/primary'
import { percent, verdict } from './circuits/circuit'
import { checkInduction } from './circuits/induction'
import { checkModadd } from './circuits/modadd'
import { checkText } from './circuits/text'
import { measureItems } from './measure'
import { PatientOnTable } from './patient'

export interface CheckResult extends CircuitCheck {
  recipe: RecipeName
}

/** Test accuracy below which a digits primary is not what its recipe makes. */
const DIGITS = { 'digits': 0.975, 'digits-cnn': 0.985 }

export async function checkPrimary(engine: EngineClient, loaded: LoadedPatient, progress: (done: number, total: number) => void = () => {}): Promise<CheckResult> {
  const recipe = recipeOf(loaded)
  const { functions } = engine
  const { architecture } = loaded.file
  const patient = new PatientOnTable(functions, loaded)
  if (recipe !== 'modadd') await patient.open()
  switch (recipe) {
    case 'digits':
    case 'digits-cnn': return { recipe, ...await checkDigits(engine, patient, DIGITS[recipe]) }
    case 'induction': return { recipe, ...await checkInduction(functions, patient, transformer(architecture)) }
    case 'modadd': return { recipe, ...await checkModadd(functions, loaded, transformer(architecture), progress) }
    case 'moby': return { recipe, ...await checkText(functions, patient, progress) }
    default: return recipe satisfies never
  }
}

async function checkDigits(engine: EngineClient, patient: PatientOnTable, least: number): Promise<CircuitCheck> {
  const rows = Int32Array.from({ length: patient.loaded.items.inputs.shape[0] }, (_, i) => i)
  const { accuracy } = await measureItems(engine.functions, { interventions: [], compose: false }, rows)
  return verdict({ testAccuracy: accuracy.before }, [
    { holds: accuracy.before >= least, text: `names ${percent(accuracy.before)} of ${rows.length.toLocaleString('en')} test digits (at least ${percent(least)}); no circuit is known to look for` },
  ])
}

/** What the primary says it was made by, or what its task and architecture say. */
function recipeOf({ file }: LoadedPatient): RecipeName {
  const said = file.provenance?.recipe
  const known = RECIPES.find(name => name === said)
  if (known) return known
  const { dataset } = file.task
  if (dataset === 'mnist' || dataset === 'digits') return file.architecture.kind === 'cnn' ? 'digits-cnn' : 'digits'
  const named = RECIPES.find(name => name === dataset)
  if (named) return named
  throw new UserError({
    code: 'nothing-known',
    message: `${file.name} was trained on ${dataset}, for which no circuit is known here.`,
    remedy: `Primaries of these recipes can be checked: ${RECIPES.join(', ')}.`,
  })
}

function transformer<T extends { kind: string }>(architecture: T): Extract<T, { kind: 'transformer' }> {
  if (architecture.kind === 'transformer') return architecture as Extract<T, { kind: 'transformer' }>
  throw new UserError({ code: 'architecture-unfit', message: `The circuit of this recipe is one of a transformer, and the primary is of kind ${architecture.kind}.`, remedy: 'Check a transformer.' })
}
