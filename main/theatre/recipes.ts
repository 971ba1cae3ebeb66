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
  schedule: 'constant' | 'linear'
}

export const recipes: Record<'digits', Recipe> = {
  // Eight epochs of 60,000 items. With a constant rate seed 1 ended at 97.7 % after ten;
  // with one that goes to zero it settles at 98.2 %.
  digits: {
    architecture: { kind: 'mlp', inputs: 784, hidden: [256, 128], outputs: 10, activation: 'relu' },
    dataset: 'mnist',
    steps: 3744,
    batch: 128,
    learningRate: 1e-3,
    schedule: 'linear',
  },
}

export function recipeNamed(name: string): Recipe {
  const recipe = (recipes as Record<string, Recipe | undefined>)[name]
  if (recipe) return recipe
  throw new UserError({ code: 'recipe-unknown', message: `There is no recipe "${name}".`, remedy: `Recipes: ${Object.keys(recipes).join(', ')}.` })
}
