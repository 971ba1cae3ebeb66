/** Whether a primary can take a data set's items and answer in its classes. */
import type { Items } from '../../preload/contract/engine'
import type { Architecture, DatasetFile, TransformerArchitecture } from '../../preload/contract/primary'
import { UserError } from '../../preload/contract/errors'
import { classesOf } from '../../preload/contract/primary'

interface Subject { file: DatasetFile, items: Items }

/** Throws `dataset-unfit`, naming both sides, where they do not fit. */
export function checkFits(architecture: Architecture, subject: Subject): void {
  switch (architecture.kind) {
    case 'mlp': return checkNumbers(architecture.inputs, [architecture.inputs], architecture, subject)
    case 'cnn': return checkNumbers(architecture.input.reduce((a, b) => a * b), architecture.input, architecture, subject)
    case 'transformer': return checkTokens(architecture, subject)
    default: return architecture satisfies never
  }
}

/** Any shape of as many numbers will do: a picture of one channel may come as [28, 28], [1, 28, 28] or [784]. */
function checkNumbers(size: number, shape: number[], architecture: Architecture, { file, items }: Subject): void {
  const article = `${architecture.kind === 'mlp' ? 'an' : 'a'} ${architecture.kind}`
  if (file.kind !== 'classification')
    throw unfit(`the data set "${file.name}" is of kind ${file.kind}, and ${article} gives one answer an item`, 'Use a data set of kind classification.')
  if (items.inputs.data instanceof Int32Array)
    throw unfit(`the data set "${file.name}" has tokens (I32) as inputs, and ${article} takes numbers`, 'Use a data set with F32 inputs.')
  const given = file.inputs.shape
  const count = given.reduce((product, n) => product * n, 1)
  if (count !== size)
    throw unfit(`the data set "${file.name}" has inputs of ${given.join(' × ')}${given.length > 1 ? ` = ${count}` : ''}, and the primary takes ${shape.join(' × ')}${shape.length > 1 ? ` = ${size}` : ''}`, `Use a data set with ${size} inputs, or a primary with ${count}.`)
  checkClasses(architecture, file)
}

function checkTokens(architecture: TransformerArchitecture, { file, items }: Subject): void {
  const { vocab, context, outputs } = architecture
  if (!(items.inputs.data instanceof Int32Array))
    throw unfit(`the data set "${file.name}" has numbers as inputs, and a transformer takes tokens`, 'Use a data set with I32 inputs.')
  const wanted = outputs === 'tokens' ? 'next-token' : 'classification'
  if (file.kind !== wanted)
    throw unfit(`the data set "${file.name}" is of kind ${file.kind}, and the primary answers ${outputs === 'tokens' ? 'with a token at every position' : 'with one class an item'}`, `Use a data set of kind ${wanted}.`)
  const { shape } = file.inputs
  if (shape.length !== 1 || shape[0] > context)
    throw unfit(`the data set "${file.name}" has inputs of ${shape.join(' × ')}, and the primary takes up to ${context} positions`, `Use a data set with inputs of shape [n], n at most ${context}.`)
  for (const tokens of [items.inputs, ...(items.counterfactual ? [items.counterfactual] : [])]) {
    const at = tokens.data.findIndex(token => token >= vocab)
    if (at >= 0)
      throw unfit(`the data set "${file.name}" has token ${tokens.data[at]} in item ${Math.floor(at / shape[0])}, and the primary knows tokens 0 to ${vocab - 1}`, `Use a data set with at most ${vocab} tokens.`)
  }
  checkClasses(architecture, file)
}

function checkClasses(architecture: Architecture, file: DatasetFile): void {
  const classes = classesOf(architecture)
  const [theirs, ours] = architecture.kind === 'transformer' && architecture.outputs === 'tokens' ? ['tokens', 'tokens'] : ['classes', 'outputs']
  if (file.classes !== classes)
    throw unfit(`the data set "${file.name}" has ${file.classes} ${theirs}, and the primary has ${classes} ${ours}`, `Use a data set with ${classes} ${theirs}, or a primary with ${file.classes} ${ours}.`)
}

function unfit(what: string, remedy: string): UserError {
  return new UserError({ code: 'dataset-unfit', message: `The data set does not fit the primary: ${what}.`, remedy })
}
