/**
 * Instructions made ready to run: what does not depend on the inputs is computed once, what nobody reads is left out, and
 * each register is freed after its last reader.
 */
import type { Assembly, Instruction, Register } from './instructions'
import type { Kernels, Tensor } from './kernels'
import type { Lowered } from './lower'
import { readBy, sameShape } from './instructions'

/** TensorFlow adds up to eight tensors in one pass. */
const MOST_TERMS = 8

interface Step { instruction: Instruction, frees: Register[] }

export interface Prepared {
  run: (inputs: readonly Tensor[]) => Tensor[]
  /** Kernel calls of one run. */
  readonly calls: number
  /** By kernel, for profiling. */
  readonly counts: Record<string, number>
  dispose: () => void
}

export function prepare({ assembly, outputs }: Lowered, kernels: Kernels): Prepared {
  const live = gathered(liveInstructions(assembly.instructions, outputs), assembly, outputs)
  const fixed = new Map<Register, Tensor>()
  const inputs: Register[] = []
  assembly.registers.forEach(({ given }, register) => {
    if (given?.kind === 'input') inputs[given.index] = register
  })
  const dependent = dependentRegisters(live, inputs)
  const needed = new Set([...outputs, ...live.flatMap(readBy)])
  assembly.registers.forEach(({ given, shape, dtype }, register) => {
    if (given?.kind === 'data' && needed.has(register)) fixed.set(register, kernels.upload(given.data, shape, dtype))
  })
  const once = live.filter(({ outputs }) => !dependent.has(outputs[0]))
  for (const instruction of once) execute(kernels, instruction, fixed)
  const steps = schedule(live.filter(({ outputs }) => dependent.has(outputs[0])), outputs)
  keepOnly(kernels, fixed, new Set([...outputs, ...steps.flatMap(({ instruction }) => readBy(instruction))]))
  const counts: Record<string, number> = {}
  for (const { instruction } of steps) counts[instruction.kernel] = (counts[instruction.kernel] ?? 0) + 1

  return {
    calls: steps.length,
    counts,
    run: given => runSteps(kernels, steps, fixed, inputs, given, outputs),
    dispose: () => {
      for (const tensor of fixed.values()) kernels.free(tensor)
      fixed.clear()
    },
  }
}

function runSteps(kernels: Kernels, steps: readonly Step[], fixed: ReadonlyMap<Register, Tensor>, inputs: readonly Register[], given: readonly Tensor[], outputs: readonly Register[]): Tensor[] {
  const held = new Map(fixed)
  inputs.forEach((register, i) => held.set(register, given[i]))
  const own = new Set<Register>()
  try {
    for (const { instruction, frees } of steps) {
      execute(kernels, instruction, held)
      for (const register of instruction.outputs) own.add(register)
      for (const register of frees) {
        kernels.free(held.get(register)!)
        own.delete(register)
      }
    }
    // An output that is an input, a constant or given out twice is a tensor of its own: each is freed by itself.
    return outputs.map(register => own.delete(register) ? held.get(register)! : kernels.copy(held.get(register)!))
  }
  catch (error) {
    for (const register of own) kernels.free(held.get(register)!)
    throw error
  }
}

function execute(kernels: Kernels, { kernel, inputs, attributes, outputs }: Instruction, held: Map<Register, Tensor>): void {
  const results = kernels.run(kernel, inputs.map(input => typeof input === 'number' ? held.get(input)! : { name: input.name, tensor: held.get(input.register)! }) as never, attributes)
  outputs.forEach((register, i) => held.set(register, results[i]))
}

function liveInstructions(instructions: readonly Instruction[], outputs: readonly Register[]): Instruction[] {
  const wanted = new Set(outputs)
  return instructions.toReversed().filter((instruction) => {
    if (!instruction.outputs.some(register => wanted.has(register))) return false
    for (const register of readBy(instruction)) wanted.add(register)
    return true
  }).reverse()
}

/** Sums of sums that nobody else reads as one instruction: one pass over memory instead of several. */
function gathered(instructions: readonly Instruction[], assembly: Assembly, outputs: readonly Register[]): Instruction[] {
  const uses = new Map<Register, number>()
  for (const register of [...outputs, ...instructions.flatMap(readBy)]) uses.set(register, (uses.get(register) ?? 0) + 1)
  const terms = new Map<Register, Register[]>()
  const absorbed = new Set<Register>()
  for (const instruction of instructions) {
    const [sum] = instruction.outputs
    const { shape, dtype } = assembly.type(sum)
    const parts = readBy(instruction)
    if (instruction.kernel !== 'Add' || dtype !== 'float32' || !parts.every(register => sameShape(assembly.shape(register), shape))) continue
    const opened = parts.flatMap(register => uses.get(register) === 1 ? terms.get(register) ?? [register] : [register])
    if (opened.length > MOST_TERMS) {
      terms.set(sum, parts)
      continue
    }
    for (const register of parts) {
      if (uses.get(register) === 1 && terms.has(register)) absorbed.add(register)
    }
    terms.set(sum, opened)
  }
  return instructions.filter(({ outputs }) => !absorbed.has(outputs[0])).map((instruction) => {
    const all = terms.get(instruction.outputs[0])
    return all && all.length > 2 ? { ...instruction, kernel: 'AddN', inputs: all, attributes: {} } : instruction
  })
}

function dependentRegisters(instructions: readonly Instruction[], inputs: readonly Register[]): Set<Register> {
  const dependent = new Set(inputs)
  for (const instruction of instructions) {
    if (!readBy(instruction).some(register => dependent.has(register))) continue
    for (const register of instruction.outputs) dependent.add(register)
  }
  return dependent
}

/** With what may be freed after each step; results are freed by whoever asked for them. */
function schedule(instructions: readonly Instruction[], outputs: readonly Register[]): Step[] {
  const own = new Set(instructions.flatMap(instruction => instruction.outputs))
  const kept = new Set(outputs)
  const seen = new Set<Register>()
  const steps: Step[] = []
  for (const instruction of instructions.toReversed()) {
    const frees: Register[] = []
    for (const register of [...readBy(instruction), ...instruction.outputs]) {
      if (own.has(register) && !kept.has(register) && !seen.has(register)) frees.push(register)
      seen.add(register)
    }
    steps.unshift({ instruction, frees })
  }
  return steps
}

function keepOnly(kernels: Kernels, fixed: Map<Register, Tensor>, wanted: ReadonlySet<Register>): void {
  for (const [register, tensor] of fixed) {
    if (wanted.has(register)) continue
    kernels.free(tensor)
    fixed.delete(register)
  }
}
