/**
 * Mappings as the screen asks for them: what may be told to a blind screen and when, and what waits for a person. How trials
 * are chosen, run, judged and recorded is the mapping's own business, not this file's.
 */
import type { HostFunctions } from '../../../preload/contract/rpc'
import { UserError } from '../../../preload/contract/errors'

type MappingFunctions = Pick<HostFunctions, 'planMapping' | 'startMapping' | 'mappingSoFar' | 'presentTrial' | 'scoreTrial' | 'pauseMapping' | 'stopMapping' | 'unblindMapping' | 'mappingAgreement'>

export function mappingFunctions(): MappingFunctions {
  const none = async (): Promise<never> => {
    throw new UserError({ code: 'no-mapping', message: 'No mapping is under way.', remedy: 'Start one in Map.' })
  }
  return {
    planMapping: none,
    startMapping: none,
    mappingSoFar: async () => undefined,
    presentTrial: none,
    scoreTrial: none,
    pauseMapping: none,
    stopMapping: none,
    unblindMapping: none,
    mappingAgreement: none,
  }
}
