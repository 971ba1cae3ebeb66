/** How the primaries that ship are made: the same for the screen, the command line and whoever wants to check. */
import type { Architecture } from '../../preload/contract/primary'
import { UserError } from '../../preload/contract/errors'

export interface Recipe {
  architecture: Architecture
  dataset: string
  steps: number
  batch: number
  /** Of Adam. */
  learningRate: number
}

export const recipes: Record<'digits', Recipe> = {
  // Ten epochs of 60,000 items; 97.5 % is passed after about four.
  digits: {
    architecture: { kind: 'mlp', inputs: 784, hidden: [256, 128], outputs: 10, activation: 'relu' },
    dataset: 'mnist',
    steps: 4680,
    batch: 128,
    learningRate: 1e-3,
  },
}

export function recipeNamed(name: string): Recipe {
  const recipe = (recipes as Record<string, Recipe | undefined>)[name]
  if (recipe) return recipe
  throw new UserError({ code: 'recipe-unknown', message: `There is no recipe "${name}".`, remedy: `Recipes: ${Object.keys(recipes).join(', ')}.` })
}
