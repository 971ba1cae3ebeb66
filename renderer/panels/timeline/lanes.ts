/** Where each track lies, in pixels from the top of the timeline. The head's names and the drawing both follow it. */
import type { Opened } from '../../../preload/contract/timeline'
import type { Monitor } from '../../stores/session/monitors'

export interface Lane { top: number, height: number }
/** `rows`: how many rows of annotations fit. */
export interface NotesLane extends Lane { rows: number }

/** A track to be shown, top to bottom. */
export type Track
  = | { kind: 'stimulation' | 'trials' | 'mapping' | 'annotations', of: Opened }
    | { kind: 'overview', of: Opened }
    | { kind: 'monitor', of: Opened, monitor: Monitor }
    /** Says which session what follows is of. */
    | { kind: 'divider', of: Opened }

export interface Lanes {
  ruler: Lane
  tracks: (Track & { lane: Lane })[]
  /** Of each session; none where they are not shown. */
  annotations: Partial<Record<Opened, NotesLane>>
  overview: Lane | undefined
  /** Height of one row of annotations. */
  row: number
  /** Pixels all of it takes; more than was there where it does not fit. */
  height: number
}

const RULER = 24
const ROW = 19
const AIR = 7
const BOTTOM = 5

/** Pixels a track wants, and the least it can be read at. */
const HEIGHTS: Record<Track['kind'], { wants: number, least: number }> = {
  stimulation: { wants: 40, least: 30 },
  trials: { wants: 16, least: 14 },
  mapping: { wants: 16, least: 16 },
  monitor: { wants: 38, least: 28 },
  annotations: { wants: ROW * 2, least: ROW },
  divider: { wants: 20, least: 20 },
  overview: { wants: 24, least: 20 },
}

/** What is left over goes to the annotations, else to the monitors; where there is too little, tracks shrink to what can be read and no further. */
export function lanesOf(height: number, tracks: readonly Track[]): Lanes {
  const room = height - RULER - 4 - BOTTOM - AIR * Math.max(0, tracks.length - 1)
  const heights = shared(tracks, room)
  let top = RULER + 4
  const placed = tracks.map((track, i) => {
    const lane = { top, height: heights[i] }
    top += heights[i] + AIR
    return { ...track, lane }
  })
  const annotations: Lanes['annotations'] = {}
  for (const { kind, of, lane } of placed) {
    if (kind === 'annotations')
      annotations[of] = { ...lane, rows: Math.max(1, Math.floor((lane.height + 3) / ROW)) }
  }
  return {
    ruler: { top: 0, height: RULER },
    tracks: placed,
    annotations,
    overview: placed.find(({ kind }) => kind === 'overview')?.lane,
    row: ROW,
    height: Math.max(height, top - AIR + BOTTOM),
  }
}

/** Pixels these tracks would like to have. */
export function wantedHeight(tracks: readonly Track[]): number {
  return RULER + 4 + BOTTOM + AIR * Math.max(0, tracks.length - 1) + tracks.reduce((sum, { kind }) => sum + HEIGHTS[kind].wants, 0)
}

function shared(tracks: readonly Track[], room: number): number[] {
  const wants = tracks.map(({ kind }) => HEIGHTS[kind].wants)
  const least = tracks.map(({ kind }) => HEIGHTS[kind].least)
  const sum = (of: number[]): number => of.reduce((total, one) => total + one, 0)
  const over = room - sum(wants)
  if (over < 0) {
    // Everyone gives up the same share of what it could.
    const share = Math.min(1, -over / Math.max(1, sum(wants) - sum(least)))
    return wants.map((want, i) => Math.round(want - share * (want - least[i])))
  }
  const taking = tracks.some(({ kind }) => kind === 'annotations') ? 'annotations' : 'monitor'
  const takers = tracks.filter(({ kind }) => kind === taking).length
  return wants.map((want, i) => tracks[i].kind === taking ? want + Math.floor(over / takers) : want)
}
