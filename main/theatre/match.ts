/** Reads two circuits with their primaries and the items that both answer, and has the engine match them. */
import type { Items } from '../../preload/contract/engine'
import type { MatchProgress, MatchResult, MatchSide } from '../../preload/contract/match'
import type { CircuitFile } from '../../preload/contract/symbiote'
import type { Places } from '../files/shipped'
import type { EngineClient } from '../host/engineClient'
import type { LoadedPatient } from './loading'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ulid } from 'ulid'
import { UserError } from '../../preload/contract/errors'
import { expandSites } from '../../preload/contract/sweepSites'
import { CIRCUIT_FILE, readCircuit } from '../files/circuit'
import { datasetBeside, loadItems, loadPatient } from './loading'

export interface MatchOnceAsked {
  /** A primary and a circuit of it, a folder as `find` writes it or its `circuit.json`; twice. */
  sides: [{ primary: string, circuit: string }, { primary: string, circuit: string }]
  /** The first primary's own where left out. */
  dataset?: string
  items: number
  seed: number
}

export interface MatchedOnce extends MatchResult { primaries: [string, string], dataset: string }

export async function matchOnce(engine: EngineClient, places: Places, { sides: [first, second], dataset, items: most, seed }: MatchOnceAsked, { signal, progress }: { signal: AbortSignal, progress: (at: MatchProgress) => void }): Promise<MatchedOnce> {
  const a = await loadPatient(first.primary, places, dataset)
  const own = datasetBeside(dataset ?? a.file.task.dataset, a.path)
  const b = await loadOther(second.primary, places, own)
  const { info, items } = await loadItems(own, a.file.architecture, 'test')
  const side = async (loaded: LoadedPatient, circuit: string): Promise<MatchSide> => {
    const { file, path } = await circuitAt(circuit)
    return sideOf(loaded, file, path)
  }
  const sides: [MatchSide, MatchSide] = [await side(a, first.circuit), await side(b, second.circuit)]
  const result = await askEngine(engine, { sides, items, most, seed }, { progress, begun: cancel => signal.addEventListener('abort', cancel, { once: true }) })
  return { ...result, primaries: [a.file.name, b.file.name], dataset: info.name }
}

/** The one that the first one's items are shown to as well. */
export async function loadOther(primary: string, places: Places, dataset: string): Promise<LoadedPatient> {
  try {
    return await loadPatient(primary, places, dataset)
  }
  catch (error) {
    if (!(error instanceof UserError) || error.code !== 'dataset-unfit') throw error
    throw new UserError({ code: 'match-unfit', message: `${primary} cannot be shown the items of the first primary. ${error.data.message}`, remedy: 'Match circuits of primaries that take the same inputs and give the same answers.', path: primary }, { cause: error })
  }
}

/** A folder as `find` writes it, or its file. */
export async function circuitAt(given: string): Promise<{ file: CircuitFile, path: string }> {
  const at = resolve(given)
  const path = (await stat(at).catch(() => undefined))?.isDirectory() ? join(at, CIRCUIT_FILE) : at
  return { file: await readCircuit(path), path }
}

/** Throws `circuit-of-another`, and what the sites are refused for. */
export function sideOf({ file: { architecture, name }, weights, weightsSha256 }: LoadedPatient, { sites, primarySha256 }: Pick<CircuitFile, 'sites' | 'primarySha256'>, path: string): MatchSide {
  if (primarySha256 !== weightsSha256) throw new UserError({ code: 'circuit-of-another', message: `${path} is the circuit of a primary with other weights than ${name}.`, remedy: 'Name each circuit after the primary it was found in: PRIMARY CIRCUIT PRIMARY CIRCUIT.', path })
  try {
    expandSites(sites.map(({ address }) => address), architecture)
  }
  catch (error) {
    throw error instanceof UserError ? new UserError({ ...error.data, path }) : error
  }
  return { architecture, weights, sites: sites.map(({ address, member }) => ({ address, member })) }
}

export interface MatchTurns {
  progress: (at: MatchProgress) => void
  /** Handed the way to end it. */
  begun: (cancel: () => void) => void
}

export async function askEngine(engine: EngineClient, asked: { sides: [MatchSide, MatchSide], items: Items, most: number, seed: number }, { progress, begun }: MatchTurns, match = ulid()): Promise<MatchResult> {
  const undo = engine.on('matching', (at) => {
    if (at.match === match) progress(at)
  })
  // A lost engine has cancelled it already.
  begun(() => void engine.functions.cancel(match).catch(() => {}))
  try {
    return await engine.functions.match({ match, ...asked })
  }
  finally {
    undo()
  }
}
