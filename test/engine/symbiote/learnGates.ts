/** Gates for tests of what is done with gates: plain gradient steps, a stand-in for the symbiote and no measure of it. */
import type { Executor } from '../../../main/engine/executor/executor'
import type { Circuits } from '../../../main/engine/symbiote/circuits'
import type { Yardstick } from '../../../main/engine/symbiote/steering'
import { runAndRead } from '../../../main/engine/executor/executor'
import { nn, np, valueAndGrad } from '../../../main/engine/executor/jax'
import { gatesOfSlots } from '../../../main/engine/symbiote/slots'
import { tuningBatches } from '../../../main/engine/symbiote/tuningBatches'

export interface Learning { steps: number, rate: number, pressure: number, most: number }

/** Cross-entropy to the target + KL on the others + pressure · Σ|gate − 1|, by Adam, gates kept in 0 … most; zero baseline. */
export async function learnGates(executor: Executor, { model, slots, gated, parameters }: Circuits, yardstick: Yardstick, { steps, rate, pressure, most }: Learning): Promise<Float64Array> {
  const batch = tuningBatches(model, yardstick, { sparing: true, seed: 1 })
  const n = parameters.length
  const program = executor.compile((inputs) => {
    const loss = ([gates, x, soft, ...values]: typeof inputs): typeof x => nn.logSoftmax(gated.forward(values, x, gates, [])).mul(soft).sum().mul(-1)
    const [value, gradient] = valueAndGrad((gates: typeof inputs[0]) => loss([gates, inputs[n], inputs[n + 1], ...inputs.slice(0, n)]))(inputs[n + 2])
    return [value.reshape([1]), np.reshape(gradient, [slots.count])]
  })
  const gates = new Float64Array(slots.addresses.length).fill(1)
  const [first, second] = [new Float64Array(gates.length), new Float64Array(gates.length)]
  for (let step = 1; step <= steps; step++) {
    const { inputs, soft } = batch(step)
    const { classes } = model.outputs
    const data = [executor.upload(inputs, [inputs.length / model.inputs.reduce((a, b) => a * b, 1), ...model.inputs]), executor.upload(soft, [soft.length / classes, classes]), executor.upload(gatesOfSlots(slots, gates), [slots.count])]
    const [, gradient] = await runAndRead(executor, program, [...parameters, ...data])
    executor.free(...data)
    gates.forEach((gate, i) => {
      const g = gradient[slots.slotOf[i]]
      first[i] = 0.9 * first[i] + 0.1 * g
      second[i] = 0.999 * second[i] + 0.001 * g * g
      const moved = gate - rate * (first[i] / (1 - 0.9 ** step)) / (Math.sqrt(second[i] / (1 - 0.999 ** step)) + 1e-8)
      // What the pressure pulls at is the distance from 1: the proximal step of Σ|gate − 1|.
      const away = moved - 1
      gates[i] = Math.min(most, Math.max(0, 1 + Math.sign(away) * Math.max(0, Math.abs(away) - rate * pressure)))
    })
  }
  return gates
}
