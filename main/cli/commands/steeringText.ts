import type { Steering, SteeringRow } from '../../../preload/contract/steering'
/** What steering came to beside its rivals, as a table, and what more and less of it does. */
import { percent } from '../../lib/percent'

const HEAD = ['method', 'equal', 'success', 'in training', 'KL on others', 'right on others', 'dose', 'Σ|Δw|', '']

export function steeringText({ target, items, rows, absent, response }: Steering): string[] {
  const table = [HEAD, ...rows.map(cells)]
  const widths = HEAD.map((_, c) => Math.max(...table.map(row => row[c].length)))
  return [
    `Steered to ${target}: ${items.steer.toLocaleString('en')} held-out items of other classes; spared: ${items.others.toLocaleString('en')} others.`,
    ...table.map(row => row.map((cell, c) => c < 2 ? cell.padEnd(widths[c]) : c === HEAD.length - 1 ? cell : cell.padStart(widths[c])).join('  ').trimEnd()),
    ...absent.map(({ method, equal, why }) => `Without ${method} at equal ${equal}: ${why}.`),
    `By share of the dose, success and KL on others: ${response.gates.map(point).join(', ')}`,
    ...(response.vector ? [`By share of the vector: ${response.vector.map(point).join(', ')}`] : []),
  ]
}

function cells({ method, equal, success, trainSuccess, klOthers, accuracyOthers, dose, weightChange, layer, strength }: SteeringRow): string[] {
  const figure = (value: number | undefined): string => value === undefined ? '' : value.toPrecision(3)
  return [method, equal ?? '', percent(success), percent(trainSuccess), `${figure(klOthers.mean)} ± ${figure(klOthers.se)}`, percent(accuracyOthers), figure(dose), figure(weightChange), layer === undefined ? '' : `${figure(strength)} × at ${layer}`]
}

function point({ share, success, klOthers }: { share: number, success: number, klOthers: { mean: number } }): string {
  return `${100 * share} % ${percent(success)} ${klOthers.mean.toPrecision(2)}`
}
