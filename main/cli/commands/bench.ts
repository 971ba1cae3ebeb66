/** The figures of test/bench, each with the machine it ran on. Only a checkout has them. */
import type { Command } from '../command'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UserError } from '../../../preload/contract/errors'

interface Bench { runBenches: (names: string[], here: string, say: (line: string) => void) => Promise<{ json: object, text: string }> }

export const bench: Command = {
  summary: 'the figures of test/bench with the machine they ran on',
  usage: '[NAME…]',
  options: {},
  positionals: { min: 0, max: 20 },
  run: async ({ workstation, positionals, say }) => {
    const file = join(workstation.here, 'bench.js')
    if (!existsSync(file)) throw new UserError({ code: 'no-bench', message: 'This installation has no benchmarks.', remedy: 'Run it in a checkout of the source.', path: file })
    const { runBenches } = await import(/* @vite-ignore */ pathToFileURL(file).href) as Bench
    return runBenches(positionals, workstation.here, say)
  },
}
