/**
 * The symbiote's own families beside the others: a find with its default settings, which know nothing of the truth either, and
 * the fast certificate, whose time counts.
 */
import type { JudgeRequest } from '../../../../preload/contract/judge'
import type { Family } from '../../../../preload/contract/symbiote'
import type { FindHooks } from '../../symbiote/find'
import type { Method } from '../subject'
import { defaultSeeds, findAskedSchema } from '../../../../preload/contract/symbiote'
import { findCircuit } from '../../symbiote/find'

export function symbiote(family: Family, request: JudgeRequest, hooks: Pick<FindHooks, 'cancelled' | 'now'>): Method {
  const { judge, architecture, weights, sites, baseline, task, seed, reader } = request
  const asked = findAskedSchema.parse({ sites, objective: 'sufficient', family, baseline, seed, seeds: defaultSeeds(architecture), certificate: 'fast' })
  return async ({ executor }, turn) => {
    let share = 0
    const result = await findCircuit(executor, { ...asked, find: `${judge}/${family}`, architecture, weights, task, references: [], ...(family === 'reader' && reader ? { reader } : {}) }, {
      ...hooks,
      progress: (at) => { share = at.share },
      // Cancelled, a find ends by itself and frees what it holds.
      ready: () => turn(share).catch(() => {}),
    })
    await turn(1)
    return result.score
  }
}
