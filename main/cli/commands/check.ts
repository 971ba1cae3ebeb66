/** Is the known circuit really there. The answer no is exit 1, with everything that was measured. */
import type { Command } from '../command'
import { checkPrimary } from '../../theatre/check'
import { loadPatient } from '../../theatre/loading'

export const check: Command = {
  summary: 'is the known circuit really there: scores, ablations, key frequencies by causal effect',
  usage: 'PRIMARY',
  options: {},
  positionals: { min: 1, max: 1 },
  run: async ({ workstation, positionals: [primary], progress }) => {
    const loaded = await loadPatient(primary, workstation.places)
    const { recipe, passed, scores, findings } = await checkPrimary(workstation.engine(), loaded, (done, total) => progress.update(done, total))
    progress.end()
    return {
      json: { recipe, passed, scores },
      text: [`${loaded.file.name} (${recipe}): ${passed ? 'the circuit is there' : 'NOT what the recipe is known for'}`, ...findings.map(line => `  ${line}`)].join('\n'),
      exitCode: passed ? 0 : 1,
    }
  },
}
