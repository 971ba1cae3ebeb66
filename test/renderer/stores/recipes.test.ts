import { expect, it } from 'vitest'
import { recipes } from '../../../main/theatre/recipes'
import { RECIPES } from '../../../preload/contract/primary'
import { recipeOptions, recipeWords } from '../../../renderer/stores/recipes'

it('offers every recipe, each said to be what it is', () => {
  expect(recipeOptions.map(({ id }) => id)).toEqual([...RECIPES])
  for (const name of RECIPES) {
    const { architecture, batch, steps, learningRate, schedule, optimiser } = recipes[name]
    const words = recipeWords[name]
    expect({ name, batch: words.batch, steps: words.steps }).toEqual({ name, batch, steps })
    expect(words.optimiser).toBe(`Adam${optimiser ? 'W' : ''}, rate ${learningRate}${schedule === 'linear' ? ' to 0' : ''}${optimiser?.weightDecay === 1 ? ', decay 1' : ''}`)
    expect(words.architecture.startsWith(architecture.kind)).toBe(true)
    const sizes = architecture.kind === 'transformer' ? [architecture.layers, architecture.heads, ...architecture.dMlp > 0 ? [architecture.dMlp] : []] : architecture.hidden
    for (const size of sizes) expect(words.architecture).toMatch(new RegExp(`\\b${size}\\b`))
  }
})
