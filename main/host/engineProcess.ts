/**
 * The engine process as its supervisor sees it, whoever started it: messages in, messages out, and how it ended.
 * Not what the messages mean (`engineClient.ts`) and not when to start another (also there).
 */
import process from 'node:process'
import { isNoise } from './engineNoise'

export interface EngineProcess {
  /** Undefined once it has ended. */
  readonly pid: number | undefined
  postMessage: (message: unknown) => void
  onMessage: (listener: (message: unknown) => void) => () => void
  onExit: (listener: (exit: EngineExit) => void) => () => void
  /** True when the signal could be sent. */
  kill: (signal?: 'SIGTERM' | 'SIGKILL') => boolean
}

export interface EngineExit {
  code?: number
  signal?: string
  /** The last thing it said on stderr. */
  lastWords?: string
}

export interface EngineProcessOptions {
  /** The engine's bundle, absolute. */
  file: string
  env: NodeJS.ProcessEnv
  /** Gets each line it prints. */
  log: (line: string) => void
  execArgv?: string[]
}

/** Its name in the system's process list. */
export const ENGINE_SERVICE = 'symbiote-engine'

/** How an exit reads in a sentence. */
export function exitInWords({ code, signal, lastWords }: EngineExit): string {
  const how = signal === 'SIGKILL'
    ? 'was killed, as happens when memory runs out'
    : signal !== undefined ? `was ended by ${signal}` : `ended with code ${code ?? 'unknown'}`
  return `The engine process ${how}${lastWords === undefined ? '' : ` (“${lastWords}”)`}.`
}

const KEPT = new Set(['PATH', 'HOME', 'USER', 'USERPROFILE', 'SYSTEMROOT', 'WINDIR', 'COMSPEC', 'PATHEXT', 'APPDATA', 'LOCALAPPDATA', 'TMPDIR', 'TEMP', 'TMP', 'LANG', 'LANGUAGE', 'TZ'])
/** What drivers and numeric libraries read. */
const KEPT_PREFIXES = ['LC_', 'LD_', 'DYLD_', 'XDG_', 'CUDA_', 'NVIDIA_', 'TF_', 'XLA_', 'OMP_', 'KMP_', 'MKL_', 'VK_', 'MESA_', 'LIBGL_', 'SYMBIOTE_']

/** The engine needs no credentials, and NODE_OPTIONS or npm's own variables would change how it runs. */
export function scrubbedEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => {
    const name = key.toUpperCase()
    return KEPT.has(name) || KEPT_PREFIXES.some(prefix => name.startsWith(prefix))
  }))
}

interface Output { stdout: NodeJS.ReadableStream | null, stderr: NodeJS.ReadableStream | null }

/** Logs what the process prints, and answers what it said last on stderr. */
export function followOutput({ stdout, stderr }: Output, log: (line: string) => void): () => string | undefined {
  let last: string | undefined
  stdout?.setEncoding('utf8').on('data', lineSplitter(line => log(`[engine] ${line}`)))
  stderr?.setEncoding('utf8').on('data', lineSplitter((line) => {
    if (isNoise(line, process.env)) return
    last = line.slice(0, 300)
    log(`[engine] ${line}`)
  }))
  return () => last
}

/** Calls `line` for each line of a stream of text, however it is cut. */
export function lineSplitter(line: (text: string) => void): (chunk: string) => void {
  let rest = ''
  return (chunk) => {
    const lines = (rest + chunk).split(/\r?\n/)
    // A line without an end would grow for ever.
    rest = lines.pop()!.slice(-10_000)
    lines.filter(text => text !== '').forEach(line)
  }
}
