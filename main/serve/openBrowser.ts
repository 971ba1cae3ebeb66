/** Opens an address in the user's browser, where there is one to open. */
import { spawn } from 'node:child_process'

/** False where nothing can show it: the caller has printed the address anyway. */
export function openBrowser(url: string, platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean {
  // In an SSH session without a forwarded display, the browser is at the other end.
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY)
    return false
  const [command, args] = platform === 'darwin'
    ? ['open', [url]]
    : platform === 'win32' ? ['rundll32', ['url.dll,FileProtocolHandler', url]] : ['xdg-open', [url]]
  const child = spawn(command as string, args as string[], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
  return true
}
