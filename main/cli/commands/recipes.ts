/** Makes the primaries that ship by their recipes, and checks each one's circuit before it may. */
import type { RecipeName } from '../../../preload/contract/primary'
import type { Command } from '../command'
import { join, resolve } from 'node:path'
import { RECIPES } from '../../../preload/contract/primary'
import { makeShipped } from '../../theatre/shipping'
import { integerOption, Interrupted, UsageError } from '../command'

/** What ships when nothing else is asked for. */
const SHIPPED: RecipeName[] = ['digits', 'induction', 'modadd']
const SEEDS = 5

export const makeRecipes: Command = {
  summary: 'make the primaries that ship: train, try up to five seeds, check the circuit',
  usage: `[${RECIPES.join('|')} …] [--seed 1] [--out DIR]`,
  options: { out: { type: 'string' } },
  positionals: { min: 0, max: RECIPES.length },
  run: async (invocation) => {
    const { workstation, positionals, options, progress, signal, say } = invocation
    const names = positionals.length === 0 ? SHIPPED : positionals.map(nameOf)
    const first = integerOption(invocation, 'seed')
    const seeds = first === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [first]
    const out = typeof options.out === 'string' ? resolve(options.out) : join(workstation.places.resources, 'primaries')
    const made: object[] = []
    const lines: string[] = []
    for (const name of names) {
      const { path, seed, seconds, check } = await makeShipped(workstation.engine(), name, {
        places: workstation.places,
        out,
        seeds,
        signal,
        progress: ({ step, steps, loss }) => progress.update(step, steps, `${name} · loss ${loss.at(-1)?.[1].toFixed(4) ?? '–'}`),
        tried: (seed, seconds, { passed, findings }) => {
          progress.end()
          say([`${name}, seed ${seed}, ${seconds.toFixed(1)} s of training: ${passed ? 'passed' : 'failed'}`, ...findings.map(line => `  ${line}`)].join('\n'))
        },
      })
      if (signal.aborted) throw new Interrupted('Stopped.')
      made.push({ recipe: name, path, seed, seconds, scores: check.scores })
      lines.push(`${path}: seed ${seed}, ${seconds.toFixed(1)} s`)
    }
    return { json: { made }, text: lines.join('\n') }
  },
}

function nameOf(text: string): RecipeName {
  const name = RECIPES.find(name => name === text)
  if (name) return name
  throw new UsageError(`There is no recipe "${text}". Recipes: ${RECIPES.join(', ')}.`)
}
