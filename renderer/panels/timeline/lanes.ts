/** Where each track lies, in pixels from the top of the timeline. The head's names and the drawing both follow it. */

export interface Lane { top: number, height: number }

export interface Lanes {
  ruler: Lane
  stimulation: Lane
  trials: Lane
  annotations: Lane
  density: Lane
  /** Height of one row of annotations, and how many fit. */
  row: number
  rows: number
}

const RULER = 24
const ROW = 19
const AIR = 7

export function lanesOf(height: number): Lanes {
  const small = height < 190
  const stimulation = { top: RULER + 4, height: small ? 32 : 40 }
  const trials = { top: bottom(stimulation) + AIR, height: 16 }
  const density = { top: height - (small ? 24 : 28), height: small ? 18 : 21 }
  const top = bottom(trials) + AIR
  const rows = Math.max(1, Math.floor((density.top - AIR + 3 - top) / ROW))
  return { ruler: { top: 0, height: RULER }, stimulation, trials, annotations: { top, height: rows * ROW }, density, row: ROW, rows }
}

function bottom(lane: Lane): number {
  return lane.top + lane.height
}
