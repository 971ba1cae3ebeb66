/** Reads two circuits with their primaries and the items that both answer, and has the engine match them. */
import type { MatchResult, MatchSide } from '../../preload/contract/match'
import type { Places } from '../files/shipped'
import type { EngineClient } from '../host/engineClient'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { expandSites } from '../../preload/contract/sweepSites'
import { CIRCUIT_FILE, readCircuit } from '../files/circuit'
import { datasetBeside, loadItems, loadPatient } from './loading'

export interface MatchAsked {
  /** A primary and a circuit of it, a folder as `find` writes it or its `circuit.json`; twice. */
  sides: [{ primary: string, circuit: string }, { primary: string, circuit: string }]
  /** The first primary's own where left out. */
  dataset?: string
  items: number
  seed: number
}

export interface Matched extends MatchResult { primaries: [string, string], dataset: string }

export async function matchOnce(engine: EngineClient, places: Places, { sides: [first, second], dataset, items: most, seed }: MatchAsked): Promise<Matched> {
  const a = await loadPatient(first.primary, places, dataset)
  const own = datasetBeside(dataset ?? a.file.task.dataset, a.path)
  const b = await loadPatient(second.primary, places, own)
  const { info, items } = await loadItems(own, a.file.architecture, 'test')
  const side = async ({ file: { architecture, name }, weights, weightsSha256 }: typeof a, circuit: string): Promise<MatchSide> => {
    const { sites, path } = await sitesOf(circuit, weightsSha256, name)
    try {
      expandSites(sites.map(({ address }) => address), architecture)
    }
    catch (error) {
      throw error instanceof UserError ? new UserError({ ...error.data, path }) : error
    }
    return { architecture, weights, sites: sites.map(({ address, member }) => ({ address, member })) }
  }
  const result = await engine.functions.match({ sides: [await side(a, first.circuit), await side(b, second.circuit)], items, most, seed })
  return { ...result, primaries: [a.file.name, b.file.name], dataset: info.name }
}

async function sitesOf(circuit: string, weightsSha256: string, primary: string) {
  const given = resolve(circuit)
  const path = (await stat(given).catch(() => undefined))?.isDirectory() ? join(given, CIRCUIT_FILE) : given
  const { sites, primarySha256 } = await readCircuit(path)
  if (primarySha256 !== weightsSha256) throw new UserError({ code: 'circuit-of-another', message: `${path} is the circuit of a primary with other weights than ${primary}.`, remedy: 'Name each circuit after the primary it was found in: PRIMARY CIRCUIT PRIMARY CIRCUIT.', path })
  return { sites, path }
}
