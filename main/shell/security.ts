/**
 * What the desktop shell allows, as data: read it in one sitting, test it without Electron.
 * The headers of the page, its content security policy among them, are `lib/pageHeaders.ts`, shared with the browser mode.
 */
import type { CustomScheme, WebPreferences } from 'electron'

export const SCHEME = 'app'
export const PAGE_URL = `${SCHEME}://symbiote/`

/** Secure and standard, so that it has an origin; no CORS, no service workers, no bypass of the policy. */
export const PRIVILEGED_SCHEME: CustomScheme = {
  scheme: SCHEME,
  privileges: { standard: true, secure: true, supportFetchAPI: true },
}

export const WEB_PREFERENCES = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
  spellcheck: false,
  // A recording goes on, and is drawn, while another window is in front.
  backgroundThrottling: false,
} as const satisfies WebPreferences

/** The screen needs no permission of the system. Names as in Electron's permission handlers. */
export const ALLOWED_PERMISSIONS: readonly string[] = []

/** Pages that may be opened in the user's own browser: the literature the interface refers to. */
export const EXTERNAL_PAGES: readonly string[] = ['https://distill.pub/2020/circuits/']

/** True for a page of ours, wherever in it; a look-alike host or scheme is none. */
export function isOurPage(url: string): boolean {
  return url.startsWith(PAGE_URL)
}

export function mayOpenOutside(url: string): boolean {
  // Parsed first: what is compared is what would be opened, with no user name, case or dots in the way.
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  return parsed !== undefined && parsed.username === '' && EXTERNAL_PAGES.some(page => parsed.href.startsWith(page))
}
