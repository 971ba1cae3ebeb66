/** Plants a primary with a known circuit and writes it with its data sets and truths, for judging circuit finders. */
import type { EngineFunctions } from '../../preload/contract/engine'
import type { Planted, PlantRequest } from '../../preload/contract/planted'
import { join } from 'node:path'
import { writeDataset } from '../files/datasetWriter'
import { requireNewFolder, writeNewFolder } from '../files/newFolder'
import { writePrimary } from '../files/primary'
import { writeTruth } from '../files/truth'

/**
 * `primary/`; for each task `task-K/` and `task-K.KIND.truth.json`, with the baseline in its name where a kind has one truth
 * per baseline. The folder is whole or absent. Throws `folder-exists`.
 */
export async function plantInto(engine: Pick<EngineFunctions, 'plant'>, request: PlantRequest, out: string): Promise<Planted> {
  await requireNewFolder(out)
  const planted = await engine.plant(request)
  await writeNewFolder(out, folder => write(folder, planted, request))
  return planted
}

async function write(folder: string, { architecture, weights, tasks }: Planted, { design, seed, width }: PlantRequest): Promise<void> {
  const metrics = Object.fromEntries(tasks.flatMap(({ accuracy, cleanAccuracy }, task) => [[`task-${task}/accuracy`, accuracy], [`task-${task}/cleanAccuracy`, cleanAccuracy]]))
  await writePrimary(join(folder, 'primary'), {
    file: { format: 'symbiote-primary/1', name: `${design}-${seed}${width === undefined ? '' : `-${width}`}`, architecture, task: { kind: tasks[0].file.kind, dataset: '../task-0' }, provenance: { seed, design, metrics } },
    weights,
  })
  for (const [task, { truths, ...dataset }] of tasks.entries()) {
    await writeDataset(join(folder, `task-${task}`), dataset)
    for (const truth of truths) await writeTruth(join(folder, truthName(task, truth, truths)), { format: 'symbiote-truth/1', ...truth })
  }
}

type Named = Pick<Planted['tasks'][number]['truths'][number], 'kind' | 'baseline'>

function truthName(task: number, { kind, baseline }: Named, all: readonly Named[]): string {
  const several = all.filter(other => other.kind === kind).length > 1
  return `task-${task}.${kind}${several ? `.${baseline}` : ''}.truth.json`
}
