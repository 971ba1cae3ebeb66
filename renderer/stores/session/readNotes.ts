/** Everything the person at the desk may see of a session's annotations, page by page. */
import type { HostFunctions } from '../../../preload/contract/rpc'
import type { Opened } from '../../../preload/contract/timeline'
import type { Annotation } from './search'
import { inOrder } from './search'

/** In order; undefined where `current` turned false meanwhile: then nobody waits for it any more. */
export async function readNotes(host: Pick<HostFunctions, 'annotationPage'>, of: Opened, current: () => boolean): Promise<Annotation[] | undefined> {
  const read: Annotation[] = []
  for (let from: number | undefined = 0; from !== undefined;) {
    const page = await host.annotationPage(from, of)
    if (!current())
      return undefined
    for (const one of page.annotations)
      read.push(one)
    from = page.next
  }
  return inOrder(read)
}
