/** Which executors start here, on what, and how fast. Says what cannot run as plainly as what can. */
import type { Command } from '../command'
import process from 'node:process'
import { UserError } from '../../../preload/contract/errors'

/** Planned, named so that nobody looks for them in vain. */
const LATER = ['webgpu', 'tensorflow']

export const doctor: Command = {
  summary: 'which executors start here, devices, versions, timings',
  usage: '',
  options: {},
  positionals: { min: 0, max: 0 },
  run: async ({ workstation }) => {
    const engine = workstation.engine()
    const wasm = await engine.ready().then(
      async ({ device, reason, versions, threads }) => ({ name: 'wasm', available: true, device, reason, gflops: await engine.functions.benchmark(), threads, versions }),
      (error: unknown) => ({ name: 'wasm', available: false, device: '', reason: error instanceof UserError ? error.line : String(error), gflops: 0, threads: 0, versions: {} }),
    )
    const executors = [wasm, ...LATER.map(name => ({ name, available: false, device: '', reason: `this version of Symbiote has no ${name} executor`, gflops: 0 }))]
    const chosen = wasm.available ? 'wasm' : undefined
    const lines = [
      `symbiote ${workstation.version}, node ${process.versions.node}, ${process.platform} ${process.arch}`,
      ...executors.map(e => e.available
        ? `${e.name.padEnd(11)} available · ${e.device} · ${wasm.threads} thread${wasm.threads === 1 ? '' : 's'} · ${e.gflops.toFixed(1)} GFLOP/s (512 × 512 float32 product)`
        : `${e.name.padEnd(11)} not available: ${e.reason}`),
      chosen ? `chosen: ${chosen}, because ${wasm.reason}` : 'No executor starts here.',
    ]
    return { json: { executors, ...(chosen ? { chosen } : {}) }, text: lines.join('\n'), exitCode: chosen ? 0 : 1 }
  },
}
