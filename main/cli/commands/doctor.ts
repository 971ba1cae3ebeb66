/**
 * Which executors start here, on what, and how fast. Says what cannot run as plainly as what can. Each is tried in an engine
 * process of its own; what is found is what `auto` takes from then on.
 */
import type { ChoiceNote, Timing } from '../../lib/executorChoice'
import type { Command } from '../command'
import type { Workstation } from '../workstation'
import process from 'node:process'
import { UserError } from '../../../preload/contract/errors'
import { fastest, parseNote, timingsInWords } from '../../lib/executorChoice'

const EXECUTORS = ['wasm', 'webgpu', 'tensorflow']

interface Report {
  name: string
  available: boolean
  device: string
  /** Why it is not available. */
  reason: string
  /** Of a 512 × 512 float32 product. */
  gflops: number
  threads?: number
  versions?: Record<string, string>
  /** Milliseconds. */
  timing?: Timing
}

export const doctor: Command = {
  summary: 'which executors start here, devices, versions, timings',
  usage: '',
  options: {},
  positionals: { min: 0, max: 0 },
  run: async ({ workstation, options, progress }) => {
    const executors: Report[] = []
    const notes = new Map<string, ChoiceNote>()
    for (const [i, name] of EXECUTORS.entries()) {
      progress.update(i, EXECUTORS.length, name)
      const { report, note } = await tried(workstation, name)
      executors.push(report)
      if (note) notes.set(name, note)
    }
    progress.end()
    const { chosen, reason } = choiceAmong(executors, typeof options.executor === 'string' && options.executor !== 'auto' ? options.executor : undefined)
    const note = notes.get(chosen ?? '')
    if (note && options.executor === undefined) await workstation.remember(JSON.stringify({ ...note, reason }))
    const text = [
      `symbiote ${workstation.version}, node ${process.versions.node}, ${process.platform} ${process.arch}`,
      ...executors.map(inWords),
      chosen === undefined ? `No executor: ${reason}.` : `chosen: ${chosen}, because ${reason}`,
    ].join('\n')
    return { json: { executors, ...(chosen === undefined ? {} : { chosen }), reason }, text, exitCode: chosen === undefined ? 1 : 0 }
  },
}

async function tried(workstation: Workstation, name: string): Promise<{ report: Report, note?: ChoiceNote | undefined }> {
  try {
    const { device, threads, versions, timing, gflops, note } = await workstation.tryExecutor(name)
    return { report: { name, available: true, device, reason: '', gflops, threads, versions, ...(timing ? { timing } : {}) }, note: parseNote(note) }
  }
  catch (error) {
    return { report: { name, available: false, device: '', reason: whyNot(error), gflops: 0 } }
  }
}

/** The cause alone: that it does not start here is what the line says already. */
function whyNot(error: unknown): string {
  const message = error instanceof UserError ? error.message : String(error)
  return message.replace(/^The executor \w+ does not start here: /, '').replace(/ That was 1 times in a row\.$/, '').replace(/\.$/, '')
}

/** The rule of `auto`, unless one is named. */
function choiceAmong(executors: readonly Report[], named: string | undefined): { chosen?: string, reason: string } {
  const usable = executors.filter((e): e is Report & { timing: Timing } => e.available && e.timing !== undefined)
  if (named !== undefined) return usable.some(({ name }) => name === named) ? { chosen: named, reason: 'it was asked for by name' } : { reason: `${named} does not start here` }
  if (usable.length === 0) return { reason: 'none starts here' }
  const { name } = fastest(usable)
  return { chosen: name, reason: usable.length === 1 ? `${name} is the only executor that starts here` : timingsInWords(usable) }
}

function inWords({ name, available, device, reason, threads, gflops, timing }: Report): string {
  if (!available) return `${name.padEnd(11)} not available: ${reason}`
  const step = timing === undefined ? '' : ` · ${timing.step.toFixed(1)} ms a digits training step · ${timing.forward.toFixed(1)} ms for 256 items forward`
  return `${name.padEnd(11)} available · ${device} · ${threads} thread${threads === 1 ? '' : 's'} · ${gflops.toFixed(1)} GFLOP/s (512 × 512 float32 product)${step}`
}
