/** `app://symbiote/`: the screen's files and nothing else. */
import { protocol } from 'electron'
import { PageFiles } from '../host/pageFiles'
import { PAGE_HEADERS } from '../lib/pageHeaders'
import { isOurPage, PAGE_URL, PRIVILEGED_SCHEME, SCHEME } from './security'

/** Before the app is ready; afterwards Electron refuses. */
export function registerScreenScheme(): void {
  protocol.registerSchemesAsPrivileged([PRIVILEGED_SCHEME])
}

export async function serveScreen(rendererFolder: string): Promise<void> {
  const files = await PageFiles.open(rendererFolder)
  protocol.handle(SCHEME, request => respond(files, request))
}

async function respond(files: PageFiles, { url, method }: Pick<Request, 'url' | 'method'>): Promise<Response> {
  if (!isOurPage(url) || method !== 'GET')
    return new Response('Forbidden\n', { status: 403, headers: PAGE_HEADERS })
  const path = `/${url.slice(PAGE_URL.length).split(/[?#]/)[0]}`
  const file = files.get(path)
  if (file === undefined)
    return new Response('Not Found\n', { status: 404, headers: PAGE_HEADERS })
  return new Response(new Uint8Array(await file.read()), { headers: { ...PAGE_HEADERS, 'Content-Type': file.type } })
}
