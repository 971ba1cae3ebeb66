/**
 * What gates look like: how open and of which hue every place and connection of the scene is. Opacity is the gate while it is learned and the
 * membership afterwards; blue inhibits, amber stimulates. Pure; apart from its store so that it can be tested.
 */
import type { Connections } from '../../preload/contract/engine'
import type { Found, Objective } from '../../preload/contract/symbiote'
import type { Candidates } from './findPlaces'

/** Per candidate: how much it is part of the circuit, 0…1, and what is done to it, −1 inhibited … 0 left … 1 stimulated. */
export interface Look { part: Float32Array, hue: Float32Array }

export interface Wires {
  layer: Uint8Array
  target: Uint8Array
  from: Uint16Array
  to: Uint16Array
  weight: Float32Array
  flow: Float32Array
  hue: Float32Array
  /** Index of the candidate. */
  site: Uint32Array
}

export interface Picture {
  /** Per sheet, the input first. */
  opacity: Float32Array[]
  hue: Float32Array[]
  wires: Wires | undefined
  /** Connections that belong to the circuit, and how many of them are drawn. */
  connections: number
  drawn: number
  /** A place stands for several candidates and shows how many of them are part. */
  gathered: boolean
}

/** More are a carpet, not a picture. */
export const MOST_WIRES = 1500
/** A connection less than this open is not drawn. */
const LEAST = 0.08
/** Opacity of sheets the find does not ask about. */
const ASIDE = 0.3

/** Of gates on their way: of a sufficient circuit what is open is part, of the others what is touched. Gates in hundredths. */
export function lookOfGates(gates: Uint8Array, objective: Objective): Look {
  const part = new Float32Array(gates.length)
  const hue = new Float32Array(gates.length)
  for (let i = 0; i < gates.length; i++) {
    const change = gates[i]! / 100 - 1
    part[i] = objective === 'sufficient' ? Math.min(1, 1 + change) : Math.min(1, Math.abs(change))
    // What a sufficient circuit leaves out is inhibited, but it is the rest that is to be seen.
    hue[i] = objective === 'sufficient' ? Math.max(0, Math.min(1, change)) : Math.max(-1, Math.min(1, change))
  }
  return { part, hue }
}

/** Of a circuit: all seeds together, or one of the rivals alone. */
export function lookOfFound({ member, membership, gates, rivals, info: { asked: { objective } } }: Found, rival?: number): Look {
  const members = rival === undefined ? undefined : rivals[rival]?.members
  const part = members ? new Float32Array(member.length) : membership.slice()
  members?.forEach((i) => { part[i] = 1 })
  const hue = gates.map(gate => objective === 'sufficient' ? Math.max(0, Math.min(1, gate - 1)) : Math.max(-1, Math.min(1, gate - 1)))
  return { part, hue }
}

export function pictureOf(candidates: Candidates, look: Look): Picture {
  const { sizes } = candidates
  const last = sizes.length - 1
  const asked = new Uint8Array(sizes.length)
  const held = sizes.map(size => new Uint32Array(size))
  const sum = sizes.map(size => new Float32Array(size))
  const opacity = sizes.map(size => new Float32Array(size))
  const hue = sizes.map(size => new Float32Array(size))
  const put = (i: number, sheet: number, place: number): void => {
    if (sheet < 0 || sheet > last) return
    asked[sheet] = 1
    const end = place < 0 ? sizes[sheet]! : place + 1
    for (let at = Math.max(0, place); at < end; at++) {
      held[sheet]![at]!++
      sum[sheet]![at]! += look.part[i]!
      if (look.part[i]! >= opacity[sheet]![at]!) {
        opacity[sheet]![at] = look.part[i]!
        hue[sheet]![at] = look.hue[i]!
      }
    }
  }
  for (let i = 0; i < candidates.sheet.length; i++) {
    put(i, candidates.sheet[i]!, candidates.place[i]!)
    put(i, candidates.fromSheet[i]!, candidates.from[i]!)
  }
  const gathered = !candidates.wired && held.some(sheet => sheet.some(n => n > 1))
  if (gathered) shareOut(opacity, sum, held)
  // Connections carry the colour; the places they join only show whether anything of theirs is part.
  if (candidates.wired) hue.forEach(sheet => sheet.fill(0))
  opacity.forEach((sheet, i) => {
    if (i === 0 || i === last) sheet.fill(1)
    else if (asked[i] === 0) sheet.fill(ASIDE)
  })
  return { opacity, hue, gathered, ...wiresOf(candidates, look) }
}

/** Of places that hold many candidates: the share that is part, the fullest being solid. */
function shareOut(opacity: Float32Array[], sum: Float32Array[], held: Uint32Array[]): void {
  const share = (sheet: number, at: number): number => held[sheet]![at]! > 0 ? sum[sheet]![at]! / held[sheet]![at]! : 0
  let most = 0
  opacity.forEach((places, sheet) => places.forEach((_, at) => { most = Math.max(most, share(sheet, at)) }))
  opacity.forEach((places, sheet) => places.forEach((_, at) => { places[at] = most > 0 ? share(sheet, at) / most : 0 }))
}

/** The most open connections; where too many are alike, every n-th of them, so that none of the network is left out. */
function wiresOf(candidates: Candidates, look: Look): Pick<Picture, 'wires' | 'connections' | 'drawn'> {
  if (!candidates.wired) return { wires: undefined, connections: 0, drawn: 0 }
  const { part } = look
  const levels = new Uint32Array(101)
  const levelOf = (i: number): number => candidates.fromSheet[i]! < 0 || candidates.sheet[i]! < 0 || part[i]! < LEAST ? -1 : Math.round(100 * Math.min(1, part[i]!))
  let connections = 0
  for (let i = 0; i < part.length; i++) {
    const level = levelOf(i)
    if (level < 0) continue
    connections++
    levels[level]!++
  }
  let room = MOST_WIRES
  let lowest = 101
  while (lowest > 0 && room >= levels[lowest - 1]!) room -= levels[--lowest]!
  const partial = lowest - 1
  const stride = partial >= 0 && room > 0 ? levels[partial]! / room : Number.POSITIVE_INFINITY
  const rows: number[] = []
  let next = 0
  let seen = 0
  for (let i = 0; i < part.length; i++) {
    const level = levelOf(i)
    if (level < 0) continue
    if (level >= lowest) {
      rows.push(i)
    }
    else if (level === partial && seen++ >= next) {
      rows.push(i)
      next += stride
    }
  }
  return { connections, drawn: rows.length, wires: rowsOf(candidates, look, rows) }
}

function rowsOf({ fromSheet, from, sheet, place }: Candidates, { part, hue }: Look, rows: number[]): Wires {
  const flow = Float32Array.from(rows, i => part[i]!)
  return {
    layer: Uint8Array.from(rows, i => fromSheet[i]!),
    target: Uint8Array.from(rows, i => sheet[i]!),
    from: Uint16Array.from(rows, i => from[i]!),
    to: Uint16Array.from(rows, i => place[i]!),
    weight: flow,
    flow,
    hue: Float32Array.from(rows, i => hue[i]!),
    site: Uint32Array.from(rows),
  }
}

/** Of the strongest connections those whose both ends are part: the circuit's view hides the rest. */
export function edgesWithin({ layer, from, to, weight, flow }: Connections, opacity: readonly Float32Array[]): Connections {
  const rows: number[] = []
  layer.forEach((sheet, row) => {
    if ((opacity[sheet]?.[from[row]!] ?? 0) >= 0.5 && (opacity[sheet + 1]?.[to[row]!] ?? 0) >= 0.5) rows.push(row)
  })
  return { layer: Uint8Array.from(rows, row => layer[row]!), from: Uint16Array.from(rows, row => from[row]!), to: Uint16Array.from(rows, row => to[row]!), weight: Float32Array.from(rows, row => weight[row]!), flow: Float32Array.from(rows, row => flow[row]!) }
}

/** One candidate as a connection of its own, to stand out from the others; undefined where it is none. */
export function wireOf(candidates: Candidates, index: number): Wires | undefined {
  if (candidates.fromSheet[index]! < 0 || candidates.sheet[index]! < 0) return undefined
  return rowsOf(candidates, { part: new Float32Array(index + 1).fill(1), hue: new Float32Array(index + 1) }, [index])
}
