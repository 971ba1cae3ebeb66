/** The primaries as executors must agree on them: loss and gradients of small ones of every kind, and a run with interventions. */
import type { NdArray } from '../../../main/engine/executor/jax'
import type { Architecture } from '../../../preload/contract/primary'
import type { Case } from './programs'
import { nn, np, valueAndGrad } from '../../../main/engine/executor/jax'
import { modelOf } from '../../../main/engine/primary/models'

const ITEMS = 3

const architectures: Record<string, { architecture: Architecture, items: number[] }> = {
  'an mlp with gelu': { architecture: { kind: 'mlp', inputs: 6, hidden: [8, 5], outputs: 4, activation: 'gelu' }, items: [6] },
  'a cnn': { architecture: { kind: 'cnn', input: [2, 9, 8], conv: [{ out: 3, kernel: 3, stride: 1 }, { out: 4, kernel: 3, stride: 2 }], hidden: [6], outputs: 4, activation: 'relu' }, items: [2, 9, 8] },
  'a transformer, attention only, rms': { architecture: transformer({ dMlp: 0, norm: 'rms' }), items: [5] },
  'a transformer, mlp, layer norm, tanh': { architecture: transformer({ dMlp: 12, norm: 'layer', activation: 'tanh' }), items: [5] },
  'a bidirectional transformer, one class': { architecture: transformer({ dMlp: 12, norm: 'none', attention: 'bidirectional', outputs: { classes: 4, position: 'last' } }), items: [5] },
}

function transformer(over: Partial<Extract<Architecture, { kind: 'transformer' }>>): Architecture {
  return { kind: 'transformer', layers: 2, dModel: 8, heads: 2, dHead: 4, dMlp: 0, vocab: 7, context: 5, attention: 'causal', norm: 'rms', activation: 'relu', outputs: 'tokens', ...over }
}

export const modelCases: Case[] = Object.entries(architectures).map(([name, { architecture, items }]) => {
  const model = modelOf(architecture)
  const { positions, classes } = model.outputs
  return {
    name: `loss and gradient of ${name}`,
    shapes: [...model.parameters.map(([, shape]) => shape), [ITEMS, ...items], [ITEMS * positions, classes]],
    fill: [...model.parameters.map(() => 'signed' as const), architecture.kind === 'transformer' ? { below: 7 } : 'signed', 'positive'],
    fn: (inputs) => {
      const n = model.parameters.length
      const [loss, gradients] = valueAndGrad((parameters: NdArray[], x: NdArray, y: NdArray) => {
        const { outputs } = model.forward(parameters, x)
        return nn.logSoftmax(outputs.reshape([-1, classes])).mul(y).sum().mul(-1 / ITEMS)
      })(inputs.slice(0, n), inputs[n], inputs[n + 1])
      return [loss, ...gradients]
    },
  }
})

/** Changes at a hook, an observation there, and a run that begins at it. */
export const interventionCase: Case = (() => {
  const model = modelOf({ kind: 'mlp', inputs: 6, hidden: [8, 5], outputs: 4, activation: 'relu' })
  return {
    name: 'an mlp with a layer changed and observed',
    shapes: [...model.parameters.map(([, shape]) => shape), [ITEMS, 6], [8], [ITEMS, 8]],
    fn: (inputs) => {
      const n = model.parameters.length
      const changes = { 'layers.0': [{ kind: 'affine' as const, scale: inputs[n + 1], offset: inputs[n + 2] }] }
      const { outputs, observed } = model.forward(inputs.slice(0, n), inputs[n], { changes, observe: ['layers.0', 'layers.1'] })
      return [outputs, ...observed, np.argmax(outputs.ref, -1).astype(np.float32)]
    },
  }
})()
