/**
 * Who may talk to a served workstation. Three independent locks: the token (someone who was not given the URL), the
 * Host header (a foreign name rebound to this address) and the Origin header (a foreign page in the same browser).
 *
 * The token is taken from the URL once and exchanged for a cookie, so that it stays out of the address bar, of
 * screenshots and of scripts. Cookies know no ports: another server on the same name sees this one too. It therefore
 * holds a value of its own, good for this process only. SameSite is Lax, not Strict: with Strict the URL would not open
 * from a terminal that is itself a web page, and Lax already keeps the cookie from every foreign request but a
 * navigation, which only shows the page.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export interface Admission {
  /** What the URL must carry. */
  readonly token: string
  allowsHost: (headers: IncomingHttpHeaders) => boolean
  /** `required`: a WebSocket always says where it comes from; a plain navigation need not. */
  allowsOrigin: (headers: IncomingHttpHeaders, required: boolean) => boolean
  allowsToken: (token: string | undefined) => boolean
  allowsCookie: (headers: IncomingHttpHeaders) => boolean
  /** Value of the `Set-Cookie` header. */
  cookie: () => string
}

export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** `hosts` are the names the Host header may have. Its port is free: an SSH tunnel changes it, and rebinding cannot use that. */
export function admission(token: string, hosts: readonly string[], port: number): Admission {
  const pass = newToken()
  const name = `symbiote_${port}`
  return {
    token,
    allowsHost: headers => headers.host !== undefined && hosts.includes(headers.host.toLowerCase().replace(/:\d+$/, '')),
    allowsOrigin: (headers, required) => headers.origin === undefined
      ? !required
      : headers.host !== undefined && headers.origin.toLowerCase() === `http://${headers.host.toLowerCase()}`,
    allowsToken: given => given !== undefined && same(given, token),
    allowsCookie: headers => cookiesOf(headers, name).some(value => same(value, pass)),
    cookie: () => `${name}=${pass}; HttpOnly; SameSite=Lax; Path=/`,
  }
}

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '::1']

/** Names under which a server bound to `host` may be asked for: never one that a foreign name server decides. */
export function hostNames(host: string, hostname: string, addresses: readonly string[]): string[] {
  const everywhere = host === '0.0.0.0' || host === '::'
  return [...LOOPBACK_NAMES, ...(everywhere ? [hostname, ...addresses] : [host])].map(bracketed)
}

/** As it stands in a URL. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host.toLowerCase()}]` : host.toLowerCase()
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/** In constant time; hashed first, because the comparison wants equal lengths. */
function same(given: string, wanted: string): boolean {
  const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}

function cookiesOf(headers: IncomingHttpHeaders, name: string): string[] {
  return (headers.cookie ?? '').split(';').map(part => part.trim()).filter(part => part.startsWith(`${name}=`)).map(part => part.slice(name.length + 1))
}
