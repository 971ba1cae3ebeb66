/**
 * The same function in fewer equations. jax-js has no subtraction, division or square and writes gradients out in full;
 * kernels for those exist here, and each kernel less is a pass over memory less. Only rewrites that keep every value,
 * infinities and NaN included, up to the rounding of one operation.
 */
import type { Equation, Operand, Trace } from './trace'
import { sameShape } from './instructions'

/** Passes: what one rewrite leaves, the next may use. */
const PASSES = 3

export function simplify(trace: Trace): Trace {
  let { equations, outputs } = trace
  for (let pass = 0; pass < PASSES; pass++) ({ equations, outputs } = once({ ...trace, equations, outputs }))
  return { ...trace, equations, outputs }
}

/** What is known while equations are gone through in order. */
interface Context {
  definitions: Map<number, Equation>
  uses: Map<number, number>
}

function once({ equations, outputs }: Trace): Pick<Trace, 'equations' | 'outputs'> {
  const context: Context = { definitions: new Map(), uses: countUses(equations, outputs) }
  const replaced = new Map<number, Operand>()
  const known = new Map<string, Equation>()
  const current = (operand: Operand): Operand => 'variable' in operand ? replaced.get(operand.variable) ?? operand : operand
  const rewritten: Equation[] = []
  for (const original of equations) {
    const equation = rewrite({ ...original, inputs: original.inputs.map(current) }, context)
    if (!('primitive' in equation)) {
      replaced.set(original.outputs[0].variable, equation)
      continue
    }
    const key = keyOf(equation)
    const twin = known.get(key)
    if (twin) {
      equation.outputs.forEach(({ variable }, i) => replaced.set(variable, { variable: twin.outputs[i].variable }))
      continue
    }
    known.set(key, equation)
    for (const { variable } of equation.outputs) context.definitions.set(variable, equation)
    rewritten.push(equation)
  }
  const results = outputs.map(current)
  return { equations: withoutUnused(rewritten, results), outputs: results }
}

function keyOf({ primitive, inputs, parameters, outputs }: Equation): string {
  // JSON has no infinities, no NaN and no negative zero.
  const operands = inputs.map(operand => 'variable' in operand ? operand.variable : `${operand.dtype} ${Object.is(operand.literal, -0) ? '-0' : operand.literal}`)
  return JSON.stringify([primitive, operands, parameters, outputs.map(({ type }) => type.dtype)])
}

function countUses(equations: readonly Equation[], outputs: readonly Operand[]): Map<number, number> {
  const uses = new Map<number, number>()
  for (const operand of [...outputs, ...equations.flatMap(({ inputs }) => inputs)]) {
    if ('variable' in operand) uses.set(operand.variable, (uses.get(operand.variable) ?? 0) + 1)
  }
  return uses
}

function withoutUnused(equations: readonly Equation[], outputs: readonly Operand[]): Equation[] {
  const wanted = new Set(outputs.flatMap(operand => 'variable' in operand ? [operand.variable] : []))
  return equations.toReversed().filter(({ inputs, outputs }) => {
    if (!outputs.some(({ variable }) => wanted.has(variable))) return false
    for (const operand of inputs) {
      if ('variable' in operand) wanted.add(operand.variable)
    }
    return true
  }).reverse()
}

/** A better equation for the same outputs, a value that is there already, or the equation itself. */
function rewrite(equation: Equation, context: Context): Equation | Operand {
  const { inputs: [x, y], outputs: [{ type }] } = equation
  if (equation.primitive === 'stop_gradient') return x
  if (type.dtype !== 'float32') return equation
  switch (equation.primitive) {
    case 'add': return sum(equation, x, y, context)
    case 'mul': return multiple(equation, x, y, context)
    case 'max': return isLiteral(y, 0) ? { ...equation, primitive: 'relu', inputs: [x] } : equation
    default: return equation
  }
}

/** The equation that makes an operand, if it is one of `primitive` and, where it has to be, read nowhere else. */
function madeBy(operand: Operand, primitive: string, { definitions, uses }: Context, alone = false): Equation | undefined {
  if (!('variable' in operand)) return undefined
  const equation = definitions.get(operand.variable)
  return equation?.primitive === primitive && (!alone || uses.get(operand.variable) === 1) ? equation : undefined
}

function isLiteral(operand: Operand, value?: number): operand is Extract<Operand, { literal: number }> {
  return operand !== undefined && 'literal' in operand && (value === undefined || operand.literal === value)
}

function sum(equation: Equation, x: Operand, y: Operand, context: Context): Equation {
  const negatedY = madeBy(y, 'neg', context)
  if (negatedY) return { ...equation, primitive: 'sub', inputs: [x, negatedY.inputs[0]] }
  const negatedX = madeBy(x, 'neg', context)
  if (negatedX) return { ...equation, primitive: 'sub', inputs: [y, negatedX.inputs[0]] }
  return equation
}

function multiple(equation: Equation, x: Operand, y: Operand, context: Context): Equation {
  if ('variable' in x && 'variable' in y && x.variable === y.variable) return { ...equation, primitive: 'square', inputs: [x] }
  const [value, number] = isLiteral(x) ? [y, x] : [x, y]
  if (isLiteral(number)) {
    const inner = madeBy(value, 'mul', context, true)
    const factor = inner?.inputs.find(operand => isLiteral(operand))
    const rest = inner?.inputs.find(operand => !isLiteral(operand))
    if (inner && factor && rest && sameShape(inner.outputs[0].type.shape, equation.outputs[0].type.shape))
      return { ...equation, inputs: [rest, { ...number, literal: Math.fround(number.literal * (factor as { literal: number }).literal) }] }
    const negated = madeBy(value, 'neg', context, true)
    if (negated) return { ...equation, inputs: [negated.inputs[0], { ...number, literal: -number.literal }] }
    return equation
  }
  const inverseY = madeBy(y, 'reciprocal', context, true)
  if (inverseY) return { ...equation, primitive: 'div', inputs: [x, inverseY.inputs[0]] }
  const inverseX = madeBy(x, 'reciprocal', context, true)
  if (inverseX) return { ...equation, primitive: 'div', inputs: [y, inverseX.inputs[0]] }
  return equation
}
