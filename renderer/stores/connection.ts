/**
 * The connection to the host: calls, what the host tells us, its errors as notices.
 * Everything else asks `useConnection().host` and subscribes with `onView`.
 */
import type { EngineState, Hello, HostFunctions, Settings, ViewFunctions } from '../../preload/contract/rpc'
import type { Closed } from '../client/channel'
import type { Client } from '../client/client'
import type { Transport } from '../client/transport'
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef } from 'vue'
import { connectionLost, createClient } from '../client/client'
import { createNotices } from './notices'

export type ConnectionState
  = | { state: 'connecting' }
    | { state: 'open' }
    | { state: 'lost', attempt: number, retryAt: number }
    | { state: 'replaced' }
    /** The host said goodbye; it will not come back by itself. */
    | { state: 'stopped' }

const BACKOFF_MS = [300, 700, 1500, 3000, 5000]

type Listeners = { [K in keyof ViewFunctions]: Set<ViewFunctions[K]> }

export const useConnection = defineStore('connection', () => {
  const connection = ref<ConnectionState>({ state: 'connecting' })
  const hello = shallowRef<Hello>()
  const engine = shallowRef<EngineState & { since: number }>({ state: 'starting', since: Date.now() })
  const settings = ref<Settings>({ tourSeen: true, theme: 'dark', operator: '' })
  const notices = createNotices()

  const listeners: Listeners = { engine: new Set(), training: new Set(), recording: new Set(), verifying: new Set(), exporting: new Set(), sweeping: new Set(), finding: new Set(), matching: new Set(), sessionDiffers: new Set(), mapping: new Set(), mappingEvents: new Set(), command: new Set(), replaced: new Set() }
  const openListeners = new Set<(hello: Hello) => void>()
  let transport: Transport | undefined
  let client: Client | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const tell = <K extends keyof ViewFunctions>(event: K) => (...args: Parameters<ViewFunctions[K]>): void => {
    for (const listener of listeners[event])
      (listener as (...args: Parameters<ViewFunctions[K]>) => void)(...args)
  }
  const view: ViewFunctions = {
    engine: tell('engine'),
    training: tell('training'),
    recording: tell('recording'),
    verifying: tell('verifying'),
    exporting: tell('exporting'),
    sweeping: tell('sweeping'),
    finding: tell('finding'),
    matching: tell('matching'),
    mapping: tell('mapping'),
    mappingEvents: tell('mappingEvents'),
    sessionDiffers: tell('sessionDiffers'),
    command: tell('command'),
    replaced: tell('replaced'),
  }
  listeners.engine.add(state => engine.value = { ...state, since: Date.now() })
  listeners.replaced.add(() => {
    connection.value = { state: 'replaced' }
    drop()
  })

  /** The host's functions; each call goes to whichever connection is open, or fails as lost. */
  const host = markRaw(new Proxy({} as HostFunctions, {
    get: (_, name: string) => (...args: unknown[]) => {
      const call = client?.host[name as keyof HostFunctions] as ((...args: unknown[]) => Promise<unknown>) | undefined
      return call ? call(...args) : Promise.reject(connectionLost())
    },
  }))

  async function open(attempt: number): Promise<void> {
    try {
      const channel = await transport!.connect()
      const mine = createClient(channel, view)
      client = mine
      channel.onClose(why => client === mine && closed(why))
      accept(await mine.host.hello())
    }
    catch {
      if (connection.value.state !== 'replaced' && connection.value.state !== 'stopped')
        lost(attempt)
    }
  }

  function accept(greeting: Hello): void {
    hello.value = greeting
    settings.value = greeting.settings
    if (greeting.engine)
      engine.value = { state: 'ready', engine: greeting.engine, since: Date.now() }
    connection.value = { state: 'open' }
    for (const listener of openListeners)
      listener(greeting)
  }

  function drop(): void {
    const old = client
    client = undefined
    old?.close()
  }

  function closed(why: Closed): void {
    if (why === 'lost')
      return lost(0)
    connection.value = { state: why }
    drop()
  }

  function lost(attempt: number): void {
    drop()
    const wait = BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)]!
    connection.value = { state: 'lost', attempt: attempt + 1, retryAt: Date.now() + wait }
    clearTimeout(timer)
    timer = setTimeout(() => void open(attempt + 1), wait)
  }

  function start(using: Transport): void {
    transport = using
    void open(0)
  }

  /** Takes the workstation back from the window that took it, or tries a host that had stopped. */
  function takeOver(): void {
    connection.value = { state: 'connecting' }
    // A port is handed over once per page, so the desktop app loads the page again.
    if (hello.value?.surface === 'desktop')
      window.location.reload()
    else
      void open(0)
  }

  /** Registers for what the host tells unasked; returns its own undo. */
  function onView<K extends keyof ViewFunctions>(event: K, listener: ViewFunctions[K]): () => void {
    listeners[event].add(listener)
    return () => listeners[event].delete(listener)
  }

  /** Called with every greeting, the first and those after a reconnection; at once if already open. */
  function onOpen(listener: (hello: Hello) => void): () => void {
    openListeners.add(listener)
    if (hello.value && connection.value.state === 'open')
      listener(hello.value)
    return () => openListeners.delete(listener)
  }

  /** Runs an action of the user's; an error becomes a notice and the answer is undefined. */
  async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    }
    catch (error) {
      notices.report(error)
      return undefined
    }
  }

  async function saveSettings(change: Partial<Settings>): Promise<void> {
    settings.value = { ...settings.value, ...change }
    await attempt(async () => { settings.value = await host.saveSettings(change) })
  }

  const isOpen = computed(() => connection.value.state === 'open')

  return { connection, isOpen, hello, engine, settings, notices: notices.list, report: notices.report, say: notices.say, dismiss: notices.dismiss, host, start, takeOver, onView, onOpen, attempt, saveSettings }
})
