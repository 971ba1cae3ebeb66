/** Is the known circuit really there. The answer no is exit 1, with everything that was measured. */
import type { CircuitCheck } from '../../theatre/circuits/circuit'
import type { Command, Result } from '../command'
import { checkPrimary } from '../../theatre/check'
import { checkSuperposition } from '../../theatre/circuits/superposition'
import { loadPatient } from '../../theatre/loading'
import { integerOption } from '../command'

export const check: Command = {
  summary: 'is the known circuit really there: scores, ablations, key frequencies by causal effect',
  usage: 'PRIMARY | superposition',
  options: { steps: { type: 'string' } },
  positionals: { min: 1, max: 1 },
  run: async (invocation) => {
    const { workstation, positionals: [primary], progress } = invocation
    // A toy that is trained and judged in one go; there is no primary of that name to load.
    if (primary === 'superposition') {
      const check = await checkSuperposition(workstation.engine().functions, integerOption(invocation, 'seed') ?? 1, integerOption(invocation, 'steps', { min: 1 }))
      return resultOf('superposition', { recipe: 'superposition', ...check })
    }
    const loaded = await loadPatient(primary, workstation.places)
    const check = await checkPrimary(workstation.engine(), loaded, (done, total) => progress.update(done, total))
    progress.end()
    return resultOf(loaded.file.name, check)
  },
}

function resultOf(name: string, { recipe, passed, scores, findings }: CircuitCheck & { recipe: string }): Result {
  return {
    json: { recipe, passed, scores },
    text: [`${name} (${recipe}): ${passed ? 'the circuit is there' : 'NOT what the recipe is known for'}`, ...findings.map(line => `  ${line}`)].join('\n'),
    exitCode: passed ? 0 : 1,
  }
}
