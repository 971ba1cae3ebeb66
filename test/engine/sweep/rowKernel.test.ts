import { describe, expect, it } from 'vitest'
import { RowKernel } from '../../../main/engine/sweep/rowKernel'
import { numbers } from '../reference'

const logSumExp = (row: number[]): number => Math.log(row.reduce((sum, x) => sum + Math.exp(x - Math.max(...row)), 0)) + Math.max(...row)

describe('the kernel does what plain loops do', () => {
  it.each([[5, 3], [12, 10], [130, 7], [1, 1], [64, 2]])('with %i units and %i classes', (units, classes) => {
    const [items, sources, rows] = [9, 6, 23]
    const [pre, columns, weights, biases] = [numbers(items * units, 1), numbers(sources * units, 2), numbers(classes * units, 3), numbers(classes, 4)]
    const kernel = RowKernel.create(classes, { pre, columns, weights, biases, units })!
    const row = (r: number): { item: number, source: number, delta: number } => ({ item: (r * 4) % items, source: (r * 5) % sources, delta: 3 * Math.sin(r) })
    for (let r = 0; r < rows; r++) kernel.setDelta(r, row(r).item, row(r).source, row(r).delta)
    kernel.run(rows)
    kernel.exponentials(rows)
    for (let r = 0; r < rows; r++) {
      const { item, source, delta } = row(r)
      const values = Array.from({ length: units }, (_, u) => Math.max(0, pre[item * units + u] + delta * columns[source * units + u]))
      const logits = Array.from({ length: classes }, (_, c) => values.reduce((sum, v, u) => sum + v * weights[c * units + u], biases[c]))
      logits.forEach((logit, c) => expect(Math.abs(kernel.logit(r, c) - logit), `row ${r}, class ${c}`).toBeLessThan(2e-6 * units))
      expect(Math.abs(kernel.logSum(r) - logSumExp(logits)), `row ${r}`).toBeLessThan(2e-6 * units)
    }
  })

  it('on logits of any size', () => {
    const classes = 5
    const kernel = RowKernel.create(classes)!
    const sizes = [1e-3, 1, 30, 200, 5000]
    const logits = numbers(sizes.length * classes, 8).map((x, i) => x * sizes[Math.floor(i / classes)])
    sizes.forEach((_, row) => kernel.setLogits(row, logits, row, 2, 0.5))
    kernel.exponentials(sizes.length)
    sizes.forEach((size, row) => {
      const expected = Array.from({ length: classes }, (_, c) => logits[row * classes + c] + (c === 2 ? 0.5 : 0))
      expect(Math.abs(kernel.logSum(row) - logSumExp(expected))).toBeLessThan(3e-7 * (1 + size))
    })
  })

  it('declines what would not fit', () => {
    const huge = { length: 2 ** 27 } as Float32Array
    expect(RowKernel.create(10, { pre: huge, columns: huge, weights: [], biases: [], units: 1024 })).toBeUndefined()
  })
})
