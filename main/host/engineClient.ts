/**
 * The engine as the host calls it: started, watched, and started again when it dies (1, 2, 4 s, three tries in a
 * row; a minute of service clears the count). Calls wait while it starts and fail at once while it is lost, because
 * a new engine has no patient: whoever owns the patient opens it again when the state turns `ready`.
 */
import type { BirpcReturn } from 'birpc'
import type { EngineDescription, EngineEvents, EngineFunctions } from '../../preload/contract/engine'
import type { EngineState } from '../../preload/contract/rpc'
import type { EngineExit, EngineProcess } from './engineProcess'
import { createBirpc } from 'birpc'
import { UserError } from '../../preload/contract/errors'
import { openErrors, sealErrors } from '../lib/rpcMessage'
import { listen } from './channel'
import { exitInWords } from './engineProcess'

export interface EngineClientOptions {
  start: () => EngineProcess
  log: (line: string) => void
  /** Milliseconds before each try to start it again. */
  delays?: readonly number[]
  /** Milliseconds of service after which earlier deaths no longer count. */
  stableAfter?: number
  /** Milliseconds it may take to describe itself. Timing the executors is part of that. */
  startLimit?: number
}

type Listeners = { [K in keyof EngineEvents]: Set<EngineEvents[K]> }
type Rpc = BirpcReturn<EngineFunctions, EngineEvents>

interface Running {
  process: EngineProcess
  rpc: Rpc
  gone: Promise<EngineExit>
  /** Why it was ended, where we ended it: worth more than the exit code. */
  complaint?: string
  /** It cannot serve as it was asked to, and would say so again: no use in starting another. */
  refusal?: UserError
}

export class EngineClient {
  /** Every method of the engine; see the header for when they wait and when they fail. */
  readonly functions: EngineFunctions
  readonly #options: Required<EngineClientOptions>
  readonly #stateListeners = new Set<(state: EngineState) => void>()
  readonly #listeners: Listeners = { progress: new Set(), sweeping: new Set(), judging: new Set(), finding: new Set(), reading: new Set(), matching: new Set(), checkpoint: new Set() }
  readonly #timers = new Set<NodeJS.Timeout>()
  #state: EngineState = { state: 'starting' }
  #running: Running | undefined
  #deaths = 0
  #disposed = false

  constructor(options: EngineClientOptions) {
    this.#options = { delays: [1000, 2000, 4000], stableAfter: 60_000, startLimit: 60_000, ...options }
    const call = <K extends keyof EngineFunctions>(method: K) =>
      ((...args: Parameters<EngineFunctions[K]>) => this.#call(method, args)) as unknown as EngineFunctions[K]
    this.functions = {
      describe: call('describe'),
      benchmark: call('benchmark'),
      open: call('open'),
      present: call('present'),
      observe: call('observe'),
      answers: call('answers'),
      stimulate: call('stimulate'),
      connections: call('connections'),
      sweep: call('sweep'),
      dose: call('dose'),
      find: call('find'),
      trainReader: call('trainReader'),
      train: call('train'),
      superposition: call('superposition'),
      plant: call('plant'),
      judge: call('judge'),
      match: call('match'),
      pause: call('pause'),
      cancel: call('cancel'),
    }
  }

  get state(): EngineState {
    return this.#state
  }

  get pid(): number | undefined {
    return this.#running?.process.pid
  }

  /** Listeners hear `ready` before calls that waited for it are sent, so a patient opened there comes first. */
  onState(listener: (state: EngineState) => void): () => void {
    return listen(this.#stateListeners, listener)
  }

  on<K extends keyof EngineEvents>(event: K, listener: EngineEvents[K]): () => void {
    return listen(this.#listeners[event] as Set<EngineEvents[K]>, listener)
  }

  /** Starts it; after `failed`, tries again from the beginning. Does nothing while one runs or is about to. */
  start(): void {
    if (this.#disposed || this.#running !== undefined || this.#timers.size > 0)
      return
    this.#deaths = 0
    this.#launch()
  }

  /** Ends the running engine on purpose and starts another: no death is counted. Pending calls are rejected. */
  restart(): Promise<EngineDescription> {
    const running = this.#running
    this.#running = undefined
    running?.process.kill('SIGTERM')
    this.#deaths = 0
    this.#launch()
    return this.ready()
  }

  /** Settles when the engine can be called; rejects when it cannot be started. */
  async ready(): Promise<EngineDescription> {
    for (;;) {
      const state = this.#state
      if (state.state === 'ready')
        return state.engine
      if (state.state === 'failed')
        throw new UserError(state.error)
      await this.#nextState()
    }
  }

  /** Waits for the running engine to end by itself; kills it after `ms`. True when it went by itself. */
  async waitForExit(ms: number): Promise<boolean> {
    const running = this.#running
    if (running === undefined)
      return true
    const inTime = await within(ms, running.gone)
    if (inTime === undefined)
      running.process.kill('SIGKILL')
    await running.gone
    return inTime !== undefined
  }

  /** Ends the engine for good. Pending calls are rejected. */
  async dispose(): Promise<void> {
    this.#disposed = true
    this.#clearTimers()
    this.#running?.process.kill('SIGTERM')
    await this.waitForExit(2000)
    this.#running = undefined
    if (this.#state.state !== 'failed')
      this.#become({ state: 'failed', error: stopped().data })
  }

  #launch(): void {
    this.#clearTimers()
    this.#become({ state: 'starting' })
    let process: EngineProcess
    try {
      process = this.#options.start()
    }
    catch (error) {
      return this.#died(notStarted((error as Error).message))
    }
    const running: Running = {
      process,
      rpc: this.#connect(process),
      gone: new Promise(resolve => process.onExit(resolve)),
    }
    this.#running = running
    void running.gone.then(exit => this.#ended(running, exit))
    void this.#greet(running)
  }

  #connect(process: EngineProcess): Rpc {
    const tell = <K extends keyof EngineEvents>(event: K) => (...args: Parameters<EngineEvents[K]>) =>
      this.#listeners[event].forEach(listener => (listener as (...args: Parameters<EngineEvents[K]>) => void)(...args))
    let stop = (): void => {}
    return createBirpc<EngineFunctions, EngineEvents>({ progress: tell('progress'), sweeping: tell('sweeping'), judging: tell('judging'), finding: tell('finding'), reading: tell('reading'), matching: tell('matching'), checkpoint: tell('checkpoint') }, {
      post: message => process.postMessage(message),
      on: (receive) => { stop = process.onMessage(receive) },
      off: () => stop(),
      serialize: sealErrors,
      deserialize: openErrors,
      timeout: -1,
      onFunctionError: error => this.#options.log(`a listener of the engine's events failed: ${error.stack}`),
    })
  }

  /** An engine that describes itself has loaded its executor and can be called. */
  async #greet(running: Running): Promise<void> {
    const late = setTimeout(() => {
      this.#giveUp(running, `it did not answer within ${this.#options.startLimit / 1000} s`)
    }, this.#options.startLimit)
    try {
      const engine = await running.rpc.$call('describe')
      if (this.#running === running && !this.#disposed)
        this.#serve(engine)
    }
    catch (error) {
      if (error instanceof UserError && error.code.startsWith('executor-')) running.refusal = error
      // It lives but cannot serve, which is the same as dead; or it died, and then this does nothing.
      this.#giveUp(running, (error as Error).message)
    }
    finally {
      clearTimeout(late)
    }
  }

  #giveUp(running: Running, complaint: string): void {
    if (this.#running !== running)
      return
    running.complaint = complaint
    running.process.kill('SIGKILL')
  }

  #serve(engine: EngineDescription): void {
    this.#after(this.#options.stableAfter, () => { this.#deaths = 0 })
    this.#become({ state: 'ready', engine })
  }

  #ended(running: Running, exit: EngineExit): void {
    const message = running.complaint === undefined ? exitInWords(exit) : notStarted(running.complaint)
    const current = this.#running === running && !this.#disposed
    // Before the calls are rejected: whoever sees one rejected asks for the state next.
    if (current)
      this.#running = undefined
    running.rpc.$close(lost(message))
    if (current && running.refusal !== undefined)
      this.#become({ state: 'failed', error: running.refusal.data })
    else if (current)
      this.#died(message)
  }

  #died(message: string): void {
    this.#clearTimers()
    this.#options.log(message)
    const restartInMs = this.#options.delays[this.#deaths]
    this.#deaths++
    if (restartInMs === undefined)
      return this.#become({ state: 'failed', error: failed(message, this.#deaths).data })
    this.#after(restartInMs, () => this.#launch())
    this.#become({ state: 'lost', message, restartInMs })
  }

  async #call<K extends keyof EngineFunctions>(method: K, args: Parameters<EngineFunctions[K]>): Promise<unknown> {
    while (this.#state.state === 'starting')
      await this.#nextState()
    const state = this.#state as EngineState
    if (state.state === 'failed')
      throw new UserError(state.error)
    if (state.state === 'lost' || this.#running === undefined)
      throw lost(state.state === 'lost' ? state.message : 'The engine process has ended.')
    return this.#running.rpc.$call(method, ...args as never)
  }

  #become(state: EngineState): void {
    this.#state = state
    for (const listener of [...this.#stateListeners]) {
      try {
        listener(state)
      }
      catch (error) {
        // A fault of one listener must not keep the next from hearing, nor stop the restart.
        this.#options.log(`a listener of the engine's state failed: ${(error as Error).stack}`)
      }
    }
  }

  #nextState(): Promise<EngineState> {
    return new Promise((resolve) => {
      const undo = this.onState((state) => {
        undo()
        resolve(state)
      })
    })
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
  }

  #clearTimers(): void {
    this.#timers.forEach(clearTimeout)
    this.#timers.clear()
  }
}

function notStarted(why: string): string {
  return `The engine process could not start: ${why.replace(/\.$/, '')}.`
}

function lost(message: string): UserError {
  return new UserError({ code: 'engine-lost', message, remedy: 'It is being started again; repeat the command when it is ready.' })
}

function failed(message: string, times: number): UserError {
  return new UserError({
    code: 'engine-failed',
    message: `${message} That was ${times} times in a row.`,
    remedy: 'Free some memory or choose a smaller primary and start Symbiote again; `symbiote doctor` says which executors work here.',
  })
}

function stopped(): UserError {
  return new UserError({ code: 'engine-stopped', message: 'The engine process was stopped.', remedy: 'Start Symbiote again.' })
}

/** Undefined when it took longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => { timer = setTimeout(resolve, ms, undefined) })
  try {
    return await Promise.race([promise, late])
  }
  finally {
    clearTimeout(timer)
  }
}
