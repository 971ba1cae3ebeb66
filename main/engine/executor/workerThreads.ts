/**
 * Gives jax-js the browser's `Worker` on Node, over worker threads, so that its WebAssembly kernels run in parallel.
 * jax-js starts its workers from a Blob URL and speaks `postMessage`/`onmessage`; nothing else of the Worker API is needed.
 */
import { resolveObjectURL } from 'node:buffer'
import { Worker } from 'node:worker_threads'

// The browser's names, inside the worker.
const PRELUDE = `
const { parentPort } = require('node:worker_threads');
globalThis.self = globalThis;
globalThis.postMessage = message => parentPort.postMessage(message);
parentPort.on('message', data => self.onmessage({ data }));
`

class BlobWorker {
  onmessage: ((event: { data: unknown }) => void) | undefined
  onerror: ((error: Error) => void) | undefined
  #worker: Worker | undefined
  #waiting: unknown[] = []

  constructor(url: string) {
    this.#start(url).catch(error => this.onerror?.(error))
  }

  postMessage(message: unknown): void {
    if (!this.#worker) {
      this.#waiting.push(message)
      return
    }
    // A busy worker keeps the process alive, an idle one does not.
    this.#worker.ref()
    this.#worker.postMessage(message)
  }

  async #start(url: string): Promise<void> {
    const source = await resolveObjectURL(url)?.text()
    if (source === undefined) throw new Error(`no Blob behind ${url}`)
    const worker = new Worker(PRELUDE + source, { eval: true, name: 'wasm kernel' })
    worker.on('message', (data) => {
      worker.unref()
      this.onmessage?.({ data })
    })
    worker.on('error', error => this.onerror?.(error))
    this.#worker = worker
    for (const message of this.#waiting.splice(0)) this.postMessage(message)
  }
}

/**
 * Must run before jax-js is imported: it looks for `Worker` once, when its module is evaluated.
 * With one thread nothing is installed and kernels run in the calling thread, which is faster for small ones.
 */
export function installWorkers(threads: number): void {
  if (threads < 2) return
  Object.defineProperty(globalThis.navigator, 'hardwareConcurrency', { value: threads, configurable: true })
  Object.defineProperty(globalThis, 'Worker', { value: BlobWorker, configurable: true, writable: true })
}
