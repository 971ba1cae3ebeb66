/**
 * Negative controls, counted: the certificate's own controls with twenty seeds each, where at most one in twenty may certify. On the heads
 * of `induction`, at the size of its circuit, and on planted primaries (weights), at the size of what was planted.
 */
import type { Executor } from '../../main/engine/executor/executor'
import type { FindRequest } from '../../preload/contract/symbiote'
import type { Bench, BenchContext } from './bench'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { starters } from '../../main/engine/executor/environment'
import { plant } from '../../main/engine/planted/plant'
import { controlsOf } from '../../main/engine/symbiote/certificate/controls'
import { planOf } from '../../main/engine/symbiote/plan'
import { withSubject } from '../../main/engine/symbiote/subject'
import { readDataset } from '../../main/files/dataset'
import { readPrimary } from '../../main/files/primary'
import { findResources } from '../../main/files/shipped'
import { findAskedSchema } from '../../preload/contract/symbiote'

const RUNS = Number(process.env.RUNS) || 20
/** EXECUTOR=tensorflow where it is installed: a transformer takes hours on wasm. */
const EXECUTOR = (process.env.EXECUTOR ?? 'wasm') as keyof typeof starters
const SUBJECTS = (process.env.SUBJECTS ?? 'split,backup,induction').split(',')

type Asked = Pick<FindRequest, 'architecture' | 'weights' | 'task' | 'sites'> & { members: number }

export async function bench({ here, say }: BenchContext): Promise<Bench> {
  const executor = await starters[EXECUTOR]()
  const figures: Bench['figures'] = {}
  for (const subject of SUBJECTS) Object.assign(figures, await counted(executor, subject, subject === 'induction' ? await induction(here) : await planted(executor, subject as 'split'), say))
  return { name: `controls, ${executor.name}`, figures }
}

async function induction(here: string): Promise<Asked> {
  const { file: { architecture }, weights } = await readPrimary(join(await findResources(here), 'primaries/induction'))
  const [train, test] = await Promise.all((['train', 'test'] as const).map(async split => (await readDataset('induction', { split })).items))
  return { architecture, weights, task: { name: 'induction', train, test }, sites: 'heads', members: 2 }
}

async function planted(executor: Executor, design: 'split' | 'shared' | 'backup' | 'cancelling'): Promise<Asked> {
  const { architecture, weights, tasks: [{ file, train, test, truths }] } = await plant(executor, { design, seed: 1 }, async () => {})
  return { architecture, weights, task: { name: file.name, train, test }, sites: 'weights', members: truths[0].sites.length }
}

async function counted(executor: Executor, name: string, { members, ...about }: Asked, say: BenchContext['say']): Promise<Bench['figures']> {
  const certified = { resetWeights: 0, shuffledLabels: 0 }
  const start = performance.now()
  const asked = findAskedSchema.parse({ sites: about.sites, objective: 'sufficient' })
  await withSubject(executor, { ...asked, ...about, find: 'bench', references: [] }, async (open) => {
    const subject = await open()
    const plan = await planOf(subject)
    for (let seed = 1; seed <= RUNS; seed++) {
      const { resetWeights, shuffledLabels } = await controlsOf({ ...subject, request: { ...subject.request, seed } }, plan, members / subject.circuits.slots.addresses.length, async () => {})
      if (resetWeights.certified) certified.resetWeights++
      if (shuffledLabels.certified) certified.shuffledLabels++
      say(`${name} ${seed}: reset weights ${resetWeights.certified ? 'CERTIFIES' : resetWeights.reason}; shuffled labels ${shuffledLabels.certified ? 'CERTIFIES' : shuffledLabels.reason}`)
    }
  })
  const line = `${name}, ${about.sites}, ${members} sites`
  return {
    [`${line}: reset weights certify`]: `${certified.resetWeights} of ${RUNS}`,
    [`${line}: shuffled labels certify`]: `${certified.shuffledLabels} of ${RUNS}`,
    [`${line}: seconds`]: Math.round((performance.now() - start) / 1000),
  }
}
