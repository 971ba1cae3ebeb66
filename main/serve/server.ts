/**
 * The workstation in a browser: the screen's files and one WebSocket, on this machine's loopback unless told otherwise.
 * Plain HTTP, because loopback and an SSH tunnel need no TLS and a self-made certificate teaches people to click through.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ViewHub } from '../host/viewHub'
import type { Admission } from './admission'
import { once } from 'node:events'
import { createServer, STATUS_CODES } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'
import { WebSocketServer } from 'ws'
import { UserError } from '../../preload/contract/errors'
import { CLOSED_STOPPING, MAX_MESSAGE_BYTES, SOCKET_PATH } from '../../preload/contract/transport'
import { PageFiles } from '../host/pageFiles'
import { socketChannel } from '../host/socketChannel'
import { PAGE_HEADERS } from '../lib/pageHeaders'
import { admission, bracketed, hostNames, isLoopback, newToken } from './admission'

export interface ServeOptions {
  /** `out/renderer`, absolute. */
  rendererFolder: string
  hub: ViewHub
  log: (line: string) => void
  /** Default 127.0.0.1. */
  host?: string
  /** Without it, a host that other machines reach is refused. */
  allowRemote?: boolean
  /** Default 0: any free one. */
  port?: number
  /** Default: 32 random bytes. */
  token?: string
  /** Largest message a screen may send, bytes. */
  maxMessage?: number
}

export interface Served {
  /** With its token. */
  url: string
  port: number
  close: () => Promise<void>
}

export async function startServer(options: ServeOptions): Promise<Served> {
  const { rendererFolder, hub, log, host = '127.0.0.1', allowRemote = false, port = 0, token = newToken(), maxMessage = MAX_MESSAGE_BYTES } = options
  if (!isLoopback(host) && !allowRemote)
    throw remoteRefused(host)
  const files = await PageFiles.open(rendererFolder)
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 })
  await bound(server, host, port)
  const actual = (server.address() as AddressInfo).port
  const gate = admission(token, hostNames(host, hostname(), ownAddresses()), actual)
  if (!isLoopback(host))
    log(`listening on ${host}: anyone who can reach it and read the token in the URL can use this workstation, unencrypted`)

  server.on('request', (request, response) => void answer(request, response, gate, files).catch((error: Error) => {
    log(`${request.url}: ${error.message}`)
    refuse(response, 500)
  }))
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxMessage })
  server.on('upgrade', (request, socket, head) => upgrade(request, socket, gate, () =>
    sockets.handleUpgrade(request, socket, head, ws => hub.attach(socketChannel(ws)))))
  server.on('clientError', (_, socket) => socket.destroy())

  return {
    url: `http://${urlHost(host)}:${actual}/?token=${token}`,
    port: actual,
    close: () => closed(server, sockets),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, gate: Admission, files: PageFiles): Promise<void> {
  if (!gate.allowsHost(request.headers) || !gate.allowsOrigin(request.headers, false))
    return refuse(response, 403)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405)
  const { path, token: given } = asked(request)
  if (path === '/' && gate.allowsToken(given)) {
    response.writeHead(303, { ...PAGE_HEADERS, 'Location': '/', 'Set-Cookie': gate.cookie(), 'Cache-Control': 'no-store' }).end()
    return
  }
  if (!gate.allowsCookie(request.headers))
    return refuse(response, 401, 'Open the address that `symbiote serve` printed, token included.')
  const file = files.get(path)
  if (file === undefined)
    return refuse(response, 404)
  const body = await file.read()
  response.writeHead(200, {
    ...PAGE_HEADERS,
    'Content-Type': file.type,
    'Content-Length': body.length,
    'Cache-Control': file.immutable ? 'private, max-age=31536000, immutable' : 'no-store',
  }).end(request.method === 'HEAD' ? undefined : body)
}

function upgrade(request: IncomingMessage, socket: Duplex, gate: Admission, accept: () => void): void {
  socket.on('error', () => socket.destroy())
  const { path, token } = asked(request)
  const status = !gate.allowsHost(request.headers) || !gate.allowsOrigin(request.headers, true)
    ? 403
    : !gate.allowsCookie(request.headers) && !gate.allowsToken(token)
        ? 401
        : path === SOCKET_PATH ? undefined : 404
  if (status === undefined)
    return accept()
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** The path stays percent-encoded: nothing here decodes it. */
function asked(request: IncomingMessage): { path: string, token: string | undefined } {
  const [path, query = ''] = request.url!.split('?', 2) as [string, string?]
  return { path, token: new URLSearchParams(query).get('token') ?? undefined }
}

function refuse(response: ServerResponse, status: number, text: string = STATUS_CODES[status]!): void {
  if (response.headersSent)
    return void response.destroy()
  response.writeHead(status, { ...PAGE_HEADERS, 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', 'Connection': 'close' }).end(`${text}\n`)
}

async function bound(server: Server, host: string, port: number): Promise<void> {
  try {
    await once(server.listen({ host, port }), 'listening')
  }
  catch (cause) {
    throw notBound(host, port, cause as NodeJS.ErrnoException)
  }
}

function notBound(host: string, port: number, cause: NodeJS.ErrnoException): UserError {
  const where = `${host}:${port}`
  switch (cause.code) {
    case 'EADDRINUSE':
      return new UserError({ code: 'port-in-use', message: `Port ${port} on ${host} is in use.`, remedy: 'Stop the other program, choose another with --port, or leave --port out for any free one.', path: where }, { cause })
    case 'EACCES':
      return new UserError({ code: 'port-refused', message: `This user may not open port ${port}.`, remedy: 'Choose one above 1023 with --port.', path: where }, { cause })
    default:
      return new UserError({ code: 'address-refused', message: `Cannot listen on ${where}: ${cause.message}.`, remedy: 'Leave --host out to listen on 127.0.0.1.', path: where }, { cause })
  }
}

function remoteRefused(host: string): UserError {
  return new UserError({
    code: 'host-remote',
    message: `${host} can be reached from other machines, and the connection is not encrypted.`,
    remedy: 'Use an SSH tunnel (ssh -L PORT:127.0.0.1:PORT), or add --remote where the network is trusted.',
    path: host,
  })
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::')
    return '127.0.0.1'
  return bracketed(host)
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(addresses => addresses ?? []).map(({ address }) => address)
}

async function closed(server: Server, sockets: WebSocketServer): Promise<void> {
  sockets.clients.forEach(client => client.close(CLOSED_STOPPING, 'stopping'))
  const ended = new Promise<void>(resolve => server.close(() => resolve()))
  const late = setTimeout(() => sockets.clients.forEach(client => client.terminate()), 500)
  server.closeAllConnections()
  await ended
  clearTimeout(late)
}
