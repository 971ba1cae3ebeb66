/** Which tensors an architecture has, by name and shape: what a weights file is checked against. */
import type { Tensor } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import { flattenedSize } from '../../preload/contract/addressCnn'
import { UserError } from '../../preload/contract/errors'
import { transformerTensors } from '../../preload/contract/primary'

/** A tensor an architecture has, or, if `optional`, may have. */
export interface ExpectedTensor { name: string, shape: number[], optional: boolean }

/** In order of computation. */
export function tensorsOf(architecture: Architecture): ExpectedTensor[] {
  switch (architecture.kind) {
    case 'mlp': return dense(architecture.inputs, architecture)
    case 'cnn': {
      const { input, conv } = architecture
      return [
        ...conv.flatMap(({ out, kernel }, l) => [
          { name: `conv.${l}.weight`, shape: [out, l === 0 ? input[0] : conv[l - 1].out, kernel, kernel], optional: false },
          { name: `conv.${l}.bias`, shape: [out], optional: false },
        ]),
        ...dense(flattenedSize(architecture), architecture),
      ]
    }
    case 'transformer': return transformerTensors(architecture)
    default: return architecture satisfies never
  }
}

function dense(inputs: number, { hidden, outputs }: { hidden: number[], outputs: number }): ExpectedTensor[] {
  const widths = [inputs, ...hidden, outputs]
  return widths.slice(1).flatMap((out, l) => [
    { name: `layers.${l}.weight`, shape: [out, widths[l]], optional: false },
    { name: `layers.${l}.bias`, shape: [out], optional: false },
  ])
}

/** Shape of every tensor that must be there. */
export function expectedTensors(architecture: Architecture): Record<string, number[]> {
  return Object.fromEntries(tensorsOf(architecture).filter(({ optional }) => !optional).map(({ name, shape }) => [name, shape]))
}

/** Number of scalars trained; with `found`, of the tensors that are there, optional ones included. */
export function parameterCount(architecture: Architecture, found?: readonly string[]): number {
  return tensorsOf(architecture)
    .filter(({ name, optional }) => found ? found.includes(name) : !optional)
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
}

/** Throws where names or shapes differ; `found` is shapes by name, `file` names the file in the message. */
export function checkTensors(found: Record<string, number[]>, architecture: Architecture, file: string): void {
  const all = tensorsOf(architecture)
  const expected = Object.fromEntries(all.filter(({ name, optional }) => !optional || Object.hasOwn(found, name)).map(({ name, shape }) => [name, shape]))
  const missing = Object.keys(expected).filter(name => !Object.hasOwn(found, name))
  const unknown = Object.keys(found).filter(name => !Object.hasOwn(expected, name))
  if (missing.length > 0 || unknown.length > 0) {
    const parts = [missing.length > 0 ? `${list(missing)} ${missing.length === 1 ? 'is' : 'are'} missing` : '', unknown.length > 0 ? `${list(unknown)} ${unknown.length === 1 ? 'is' : 'are'} unknown` : '']
    throw new UserError({
      code: 'weights-unfit',
      message: `${file}: ${parts.filter(Boolean).join(' and ')} for this ${architecture.kind}.`,
      remedy: `Its tensors are ${list(all.filter(({ optional }) => !optional).map(({ name }) => name))}${all.some(({ optional }) => optional) ? `, and it may have ${list(all.filter(({ optional }) => optional).map(({ name }) => name))}` : ''}; rename or export them so, or correct the architecture.`,
      path: file,
    })
  }
  for (const [name, shape] of Object.entries(expected)) {
    if (shape.join() !== found[name].join()) {
      throw new UserError({
        code: 'weights-unfit',
        message: `${file}: ${name} is [${found[name].join(', ')}], the architecture says [${shape.join(', ')}].`,
        remedy: `Correct the architecture, or export the weights of this one${architecture.kind === 'transformer' ? ' (in the shapes of TransformerLens)' : ' (weights are [out, in])'}.`,
        path: file,
      })
    }
  }
}

/** Throws at the first value that is not a finite float32. */
export function checkValues(tensors: Record<string, Tensor>, file: string): void {
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (!(data instanceof Float32Array))
      throw new UserError({ code: 'weights-unfit', message: `${file}: ${name} holds ${data instanceof Int32Array ? 'I32' : 'U8'}, weights are F32 or F16.`, remedy: 'Save it as F32.', path: file })
    const at = data.findIndex(value => !Number.isFinite(value))
    if (at >= 0)
      throw new UserError({ code: 'weights-not-finite', message: `${file}: ${name}[${indexOf(at, shape)}] is ${data[at]}.`, remedy: 'Training diverged there; use an earlier checkpoint, or train with a smaller learning rate.', path: file })
  }
}

/** `3,7` for a flat index. */
export function indexOf(flat: number, shape: number[]): string {
  const index: number[] = []
  let rest = flat
  for (const size of shape.toReversed()) {
    index.unshift(rest % size)
    rest = Math.floor(rest / size)
  }
  return index.join(',')
}

function list(names: string[]): string {
  return names.length <= 8 ? names.join(', ') : `${names.slice(0, 7).join(', ')} and ${names.length - 7} more`
}
