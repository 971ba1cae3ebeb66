/** What the recipes are, in the words of the panel. The host holds the recipes themselves; a test compares the two. */
import type { RecipeName } from '../../preload/contract/primary'
import { RECIPES } from '../../preload/contract/primary'

export interface RecipeWords {
  /** One line: what it learns. */
  learns: string
  /** What is known of how it does it. */
  circuit?: string
  architecture: string
  optimiser: string
  batch: number
  steps: number
  data: string
  /** Roughly, on two cores without a GPU. */
  takes: string
}

export const recipeWords: Record<RecipeName, RecipeWords> = {
  'digits': {
    learns: 'reads handwritten digits',
    architecture: 'mlp 784·256·128·10 relu',
    optimiser: 'Adam, rate 0.001 to 0',
    batch: 128,
    steps: 3744,
    data: 'MNIST',
    takes: 'half a minute',
  },
  'digits-cnn': {
    learns: 'reads handwritten digits by feature maps',
    architecture: 'cnn 8·16 maps, 64·10 relu',
    optimiser: 'Adam, rate 0.003 to 0',
    batch: 128,
    steps: 3744,
    data: 'MNIST',
    takes: 'ten minutes',
  },
  'induction': {
    learns: 'goes on with a sequence it has seen before',
    circuit: 'a previous-token head feeds an induction head',
    architecture: 'transformer, 2 layers of 2 heads, attention only',
    optimiser: 'AdamW, rate 0.006',
    batch: 32,
    steps: 2000,
    data: 'sequences with a span that comes twice',
    takes: 'two minutes',
  },
  'modadd': {
    learns: 'adds two numbers modulo 59',
    circuit: 'the numbers become a few waves, whose angles are added',
    architecture: 'transformer, 1 layer of 4 heads, mlp 256 relu',
    optimiser: 'AdamW, rate 0.003, decay 1',
    batch: 1740,
    steps: 1500,
    data: 'half of all pairs; tested on the rest',
    takes: 'two minutes',
  },
  'moby': {
    learns: 'goes on with the text of Moby-Dick, by characters',
    architecture: 'transformer, 2 layers of 4 heads, mlp 512 gelu',
    optimiser: 'AdamW, rate 0.001 to 0',
    batch: 16,
    steps: 6000,
    data: 'the first nine tenths of the book; tested on the rest',
    takes: 'twenty minutes',
  },
}

export const recipeOptions: { id: RecipeName, title: string, hint: string }[] = RECIPES.map((name) => {
  const { learns, circuit, takes } = recipeWords[name]
  return { id: name, title: name, hint: `${learns}; ${circuit === undefined ? '' : 'its circuit is known; '}about ${takes}` }
})
