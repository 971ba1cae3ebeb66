/** A real server, asked by real sockets: raw HTTP where a client library would tidy up what is asked. */
import type { AddressInfo } from 'node:net'
import type { Served, ServeOptions } from '../../main/serve/server'
import { Buffer } from 'node:buffer'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import WebSocket from 'ws'
import { ViewHub } from '../../main/host/viewHub'
import { startServer } from '../../main/serve/server'
import { CLOSED_REPLACED, CLOSED_STOPPING, SOCKET_PATH } from '../../preload/contract/transport'
import { silentHost } from '../fixtures/silentHost'
import { testView } from '../fixtures/testView'

let folder: string
let log: string[]
let hub: ViewHub
const opened: Served[] = []
const sockets: WebSocket[] = []

beforeEach(async () => {
  log = []
  hub = new ViewHub(silentHost({ sessions: async () => [] }), line => void log.push(line))
  const top = await mkdtemp(join(tmpdir(), 'symbiote-serve-'))
  folder = join(top, 'renderer')
  await mkdir(join(folder, 'assets'), { recursive: true })
  await writeFile(join(folder, 'index.html'), '<title>theatre</title>')
  await writeFile(join(folder, 'assets', 'index-abc.js'), 'export {}')
  await writeFile(join(folder, '.hidden'), 'secret')
  await writeFile(join(top, 'outside.txt'), 'secret')
  await symlink(join(top, 'outside.txt'), join(folder, 'link.txt'))
  await symlink(top, join(folder, 'linked'))
})

afterEach(async () => {
  sockets.splice(0).forEach(socket => socket.terminate())
  await Promise.all(opened.splice(0).map(served => served.close()))
  await rm(join(folder, '..'), { recursive: true })
})

async function serve(options: Partial<ServeOptions> = {}): Promise<Served> {
  const served = await startServer({ rendererFolder: folder, hub, log: line => void log.push(line), ...options })
  opened.push(served)
  return served
}

interface Answer { status: number, headers: Record<string, string>, body: string }

/** Sends exactly this path and these headers. */
function ask({ port }: Served, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = { Host: `127.0.0.1:${port}`, Connection: 'close', ...headers }
    const socket = connect(port, '127.0.0.1', () => socket.write(`${method} ${path} HTTP/1.1\r\n${Object.entries(all).map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n`))
    const chunks: Buffer[] = []
    socket.on('data', chunk => void chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      const [head = '', ...rest] = Buffer.concat(chunks).toString().split('\r\n\r\n')
      const [first = '', ...lines] = head.split('\r\n')
      resolve({
        status: Number(first.split(' ')[1]),
        headers: Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)])),
        body: rest.join('\r\n\r\n'),
      })
    })
  })
}

/** The cookie a browser has after opening the printed address. */
async function admitted(served: Served): Promise<Record<string, string>> {
  const { status, headers } = await ask(served, new URL(served.url).pathname + new URL(served.url).search)
  expect(status).toBe(303)
  return { Cookie: headers['set-cookie']!.split(';')[0]! }
}

interface SocketOptions { headers?: Record<string, string>, path?: string, origin?: string | undefined }

async function socketTo(served: Served, { headers, path = SOCKET_PATH, ...rest }: SocketOptions = {}): Promise<WebSocket> {
  const origin = 'origin' in rest ? rest.origin : `http://127.0.0.1:${served.port}`
  const socket = new WebSocket(`ws://127.0.0.1:${served.port}${path}`, { headers: headers ?? await admitted(served), ...(origin === undefined ? {} : { origin }) })
  sockets.push(socket)
  return socket
}

/** `open`, or the HTTP status that refused it. */
const outcome = (socket: WebSocket): Promise<string | number> => new Promise((resolve) => {
  socket.on('open', () => resolve('open'))
  socket.on('unexpected-response', (_, response) => resolve(response.statusCode!))
  socket.on('error', () => {})
})

const closing = (socket: WebSocket): Promise<number> => new Promise(resolve => socket.on('close', code => resolve(code)))

it('exchanges the token for a cookie and strips it from the address', async () => {
  const served = await serve()
  expect(served.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/)
  const { headers } = await ask(served, `/?token=${new URL(served.url).searchParams.get('token')}`)
  expect(headers.location).toBe('/')
  expect(headers['set-cookie']).toMatch(/; HttpOnly; SameSite=Lax; Path=\/$/)
  expect(headers['set-cookie']).not.toContain(new URL(served.url).searchParams.get('token'))
})

it('serves the screen with its headers', async () => {
  const served = await serve()
  const cookie = await admitted(served)
  const page = await ask(served, '/', cookie)
  expect([page.status, page.body]).toEqual([200, '<title>theatre</title>'])
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(page.headers['content-security-policy']).toContain(`default-src 'none'`)
  expect(page.headers['x-content-type-options']).toBe('nosniff')
  const script = await ask(served, '/assets/index-abc.js', cookie)
  expect([script.status, script.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8'])
  const head = await ask(served, '/', cookie, 'HEAD')
  expect([head.status, head.body]).toEqual([200, ''])
})

it.each(['/', '/assets/index-abc.js', '/?token=', '/?token=wrong', '/?token=wrong&token=also'])('refuses %s without the token', async (path) => {
  const { status, body } = await ask(await serve(), path)
  expect(status).toBe(401)
  expect(body).not.toContain('theatre')
})

it('takes no cookie of another run', async () => {
  const served = await serve()
  expect((await ask(served, '/', { Cookie: `symbiote_${served.port}=${'A'.repeat(43)}` })).status).toBe(401)
})

it.each([
  '/../outside.txt',
  '/..%2foutside.txt',
  '/..%2Foutside.txt',
  '/%2e%2e/outside.txt',
  '/assets/../../outside.txt',
  '/..\\outside.txt',
  '//etc/passwd',
  '/%00',
  '/link.txt',
  '/linked/outside.txt',
  '/.hidden',
  '/assets',
  '/assets/',
  '/constructor',
])('has no file at %s', async (path) => {
  const served = await serve()
  const { status, body } = await ask(served, path, await admitted(served))
  expect(status).toBe(404)
  expect(body).not.toContain('secret')
})

it('refuses a foreign name that was rebound to this address', async () => {
  const served = await serve()
  const token = `/${new URL(served.url).search}`
  for (const host of ['evil.example', `evil.example:${served.port}`, `127.0.0.1.evil.example:${served.port}`])
    expect((await ask(served, token, { Host: host })).status, host).toBe(403)
  expect((await ask(served, token, { Host: 'localhost:9000' })).status, 'the near end of a tunnel').toBe(303)
})

it('refuses a foreign page', async () => {
  const served = await serve()
  expect((await ask(served, '/', { ...await admitted(served), Origin: 'http://evil.example' })).status).toBe(403)
  expect((await ask(served, '/', await admitted(served), 'POST')).status).toBe(405)
})

it('opens a socket to our page alone', async () => {
  const served = await serve()
  const cookie = await admitted(served)
  expect(await outcome(await socketTo(served))).toBe('open')
  expect(await outcome(await socketTo(served, { headers: {} }))).toBe(401)
  expect(await outcome(await socketTo(served, { headers: {}, path: `${SOCKET_PATH}?token=wrong` }))).toBe(401)
  expect(await outcome(await socketTo(served, { headers: {}, path: SOCKET_PATH + new URL(served.url).search })), 'a client without cookies').toBe('open')
  expect(await outcome(await socketTo(served, { origin: 'http://evil.example' }))).toBe(403)
  expect(await outcome(await socketTo(served, { origin: `http://127.0.0.1:${served.port + 1}` }))).toBe(403)
  expect(await outcome(await socketTo(served, { origin: undefined }))).toBe(403)
  expect(await outcome(await socketTo(served, { headers: { ...cookie, Host: 'evil.example' } }))).toBe(403)
  expect(await outcome(await socketTo(served, { path: '/other' }))).toBe(404)
})

it('carries the contract, and replaces an earlier screen', async () => {
  const served = await serve()
  const first = await socketTo(served)
  await outcome(first)
  const view = testView(bytes => first.send(bytes), listener => void first.on('message', data => listener(data as Buffer)))
  expect(await view.host.sessions()).toEqual([])
  const closed = closing(first)
  const second = await socketTo(served)
  await outcome(second)
  expect(await closed).toBe(CLOSED_REPLACED)
  expect(view.heard).toEqual([['replaced', []]])
  expect(second.readyState).toBe(WebSocket.OPEN)
})

it('drops a screen that sends too much, or text', async () => {
  const served = await serve({ maxMessage: 1000 })
  const large = await socketTo(served)
  await outcome(large)
  const tooBig = closing(large)
  large.send(new Uint8Array(1001))
  expect(await tooBig).toBe(1009)
  const chatty = await socketTo(served)
  await outcome(chatty)
  const unsupported = closing(chatty)
  chatty.send('{}')
  expect(await unsupported).toBe(1003)
  expect(await outcome(await socketTo(served))).toBe('open')
})

it('tells its screen that it stops', async () => {
  const served = await serve()
  const socket = await socketTo(served)
  await outcome(socket)
  const code = closing(socket)
  await served.close()
  expect(await code).toBe(CLOSED_STOPPING)
})

it('says that a port is in use and what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  await expect(serve({ port })).rejects.toMatchObject({ code: 'port-in-use', path: `127.0.0.1:${port}`, remedy: expect.stringContaining('--port') as string })
  other.close()
})

it('listens beyond this machine only when told to, and warns', async () => {
  await expect(serve({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'host-remote' })
  const served = await serve({ host: '0.0.0.0', allowRemote: true })
  expect(log.join()).toContain('unencrypted')
  expect((await ask(served, `/${new URL(served.url).search}`, { Host: 'evil.example' })).status).toBe(403)
})

it('says when the screen is not built', async () => {
  await expect(serve({ rendererFolder: join(folder, 'assets') })).rejects.toMatchObject({ code: 'screen-missing', path: join(folder, 'assets') })
  await expect(serve({ rendererFolder: join(folder, 'nowhere') })).rejects.toMatchObject({ code: 'screen-missing' })
})
