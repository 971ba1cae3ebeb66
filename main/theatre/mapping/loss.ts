/** The share of items lost, with its exact interval. */
import type { ItemReading } from './reading'
import { clopperPearson } from '../../lib/statistics/binomial'
import { lostOf } from './reading'

export interface Loss { items: number, lost: number, interval: [number, number] }

export function lossOf(readings: readonly ItemReading[], confidence: number): Loss {
  const lost = lostOf(readings)
  return { items: readings.length, lost, interval: clopperPearson(lost, readings.length, confidence) }
}
