/** Opens an address in the user's browser, as a courtesy: it has been printed, so a machine without one loses nothing. */
import { spawn } from 'node:child_process'

export function openBrowser(url: string, platform: NodeJS.Platform, env: NodeJS.ProcessEnv): void {
  // In an SSH session without a forwarded display, the browser is at the other end.
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY)
    return
  const [command, args] = platform === 'darwin'
    ? ['open', [url]]
    : platform === 'win32' ? ['rundll32', ['url.dll,FileProtocolHandler', url]] : ['xdg-open', [url]]
  const child = spawn(command as string, args as string[], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
