/** A host without use cases: every method is refused. Stands where the theatre will, so that the shell can run before it. */
import type { HostFunctions } from '../../preload/contract/rpc'
import { UserError } from '../../preload/contract/errors'
import { requestSchemas } from '../../preload/contract/requests'

export function noTheatre(functions: Partial<HostFunctions> = {}): HostFunctions {
  const refuse = (method: string) => async (): Promise<never> => {
    throw new UserError({ code: 'not-there', message: `This build has no ${method}.`, remedy: 'Use a newer one.' })
  }
  const hello: HostFunctions['hello'] = async () => ({
    version: '0.0.0',
    surface: 'desktop',
    settings: { tourSeen: true, theme: 'dark', operator: '' },
    tags: [],
    sessionsFolder: '',
  })
  return { ...Object.fromEntries(Object.keys(requestSchemas).map(method => [method, refuse(method)])), hello, ...functions } as HostFunctions
}
