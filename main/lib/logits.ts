/** Reading a row of logits. Plain doubles; shared by the engine, which measures, and by the host, which reads recordings back. */

/** Natural-log probabilities of one row of logits. */
export function logSoftmax(logits: ArrayLike<number>): Float64Array {
  let max = -Infinity
  for (let i = 0; i < logits.length; i++) {
    if (logits[i] > max) max = logits[i]
  }
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - max)
  const logSum = max + Math.log(sum)
  // A loop, because `from` with a function takes ten times as long, and a battery of tokens has thousands of rows.
  const logs = new Float64Array(logits.length)
  for (let i = 0; i < logs.length; i++) logs[i] = logits[i] - logSum
  return logs
}

export function softmax(logits: ArrayLike<number>): Float32Array {
  return Float32Array.from(logSoftmax(logits), Math.exp)
}

/** The first of the largest, as PyTorch and NumPy choose on the CPU. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) {
    if (values[i] > values[best]) best = i
  }
  return best
}

/** Target's logit minus the best other: positive exactly when the answer is right. In nats. */
export function margin(logits: ArrayLike<number>, target: number): number {
  let other = -Infinity
  for (let i = 0; i < logits.length; i++) {
    if (i !== target) other = Math.max(other, logits[i])
  }
  return logits[target] - other
}
