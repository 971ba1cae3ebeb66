/** The shell's security settings, as data. What Electron does with them only Electron shows. */
import { expect, it } from 'vitest'
import { CONTENT_SECURITY_POLICY, PAGE_HEADERS } from '../../main/lib/pageHeaders'
import { ALLOWED_PERMISSIONS, isOurPage, mayOpenOutside, PRIVILEGED_SCHEME, WEB_PREFERENCES } from '../../main/shell/security'

const directives = new Map(CONTENT_SECURITY_POLICY.split('; ').map((directive) => {
  const [name, ...sources] = directive.split(' ')
  return [name!, sources]
}))

it('keeps Node out of the page', () => {
  expect(WEB_PREFERENCES).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
  })
})

it('runs scripts of its own origin only', () => {
  expect(directives.get('default-src')).toEqual([`'none'`])
  expect(directives.get('script-src')).toEqual([`'self'`])
  expect(directives.get('connect-src')).toEqual([`'self'`])
  expect(directives.get('frame-ancestors')).toEqual([`'none'`])
  expect(directives.get('base-uri')).toEqual([`'none'`])
  expect(directives.get('form-action')).toEqual([`'none'`])
  expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe-eval|\*|https?:/)
  expect(PAGE_HEADERS['X-Content-Type-Options']).toBe('nosniff')
})

it('gives its scheme no way around the policy', () => {
  expect(PRIVILEGED_SCHEME.privileges).toEqual({ standard: true, secure: true, supportFetchAPI: true })
})

it('grants nothing', () => {
  expect(ALLOWED_PERMISSIONS).toEqual([])
})

it.each(['app://symbiote/', 'app://symbiote/index.html', 'app://symbiote/assets/index.js?x#y'])('knows %s as its own', (url) => {
  expect(isOurPage(url)).toBe(true)
})

it.each(['app://symbiote', 'app://symbiote.evil/', 'app://evil/', 'https://symbiote/', 'file:///index.html', 'about:blank', '', 'app://symbiote@evil/'])('knows %s as foreign', (url) => {
  expect(isOurPage(url)).toBe(false)
})

it('opens the literature outside and nothing else', () => {
  expect(mayOpenOutside('https://distill.pub/2020/circuits/zoom-in/')).toBe(true)
  for (const url of [
    'http://distill.pub/2020/circuits/zoom-in/',
    'https://distill.pub.evil.example/2020/circuits/',
    'https://distill.pub@evil.example/2020/circuits/',
    'https://user@distill.pub/2020/circuits/',
    'https://distill.pub/2020/circuits/../../elsewhere',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://evil.example/share',
    '',
  ])
    expect(mayOpenOutside(url), url).toBe(false)
})
