/** The circuits saved in a folder, by what their certificates say of them: a list that does not read every site of each. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../preload/contract/errors'
import { objectiveSchema } from '../../preload/contract/symbiote'
import { CERTIFICATE_FILE, CIRCUIT_FILE, readCircuit } from './circuit'
import { isMissing, withPath } from './fileErrors'
import { readJson } from './json'

export interface SavedCircuit {
  /** Folder. */
  path: string
  name: string
  about?: { sites: string, objective: z.infer<typeof objectiveSchema>, members: number, candidates: number, certified: boolean, primarySha256: string }
  /** Why it cannot be used, where it cannot. */
  problem?: string
}

/** What is needed of a certificate here. */
const certificateSchema = z.looseObject({
  asked: z.looseObject({ sites: z.string(), candidates: z.number(), objective: objectiveSchema }),
  circuit: z.looseObject({ sites: z.number() }),
  verdict: z.looseObject({ certified: z.boolean() }),
  provenance: z.looseObject({ primarySha256: z.string() }),
})

/** By name; hidden folders are half-written ones. */
export async function listCircuits(folder: string): Promise<SavedCircuit[]> {
  const entries = await withPath(folder, 'read', () => readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  }))
  const names = entries.filter(entry => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name).sort()
  return Promise.all(names.map(async (name) => {
    const path = join(folder, name)
    try {
      return { path, name, about: await aboutOf(path) }
    }
    catch (error) {
      if (!(error instanceof UserError)) throw error
      return { path, name, problem: error.data.message }
    }
  }))
}

async function aboutOf(folder: string): Promise<NonNullable<SavedCircuit['about']>> {
  try {
    const { asked: { sites, candidates, objective }, circuit, verdict: { certified }, provenance: { primarySha256 } } = await readJson(join(folder, CERTIFICATE_FILE), certificateSchema)
    return { sites, objective, members: circuit.sites, candidates, certified, primarySha256 }
  }
  catch (error) {
    if (!(error instanceof UserError) || error.code !== 'file-missing') throw error
    // Somebody's own circuit has no certificate.
    const { sites, objective, primarySha256 } = await readCircuit(join(folder, CIRCUIT_FILE))
    return { sites: kindOf(sites.map(({ address }) => address)), objective, members: sites.filter(({ member }) => member).length, candidates: sites.length, certified: false, primarySha256 }
  }
}

/** What kind of sites a list holds, as it is asked for. */
export function kindOf(addresses: readonly string[]): string {
  const kinds = new Set(addresses.map(address => address.includes(' -> ') ? 'edges' : /\.head\[/.test(address) ? 'heads' : /\.(?:unit|channel)\[/.test(address) ? 'units' : 'weights'))
  return kinds.size === 1 ? [...kinds][0] : `${addresses.length} addresses`
}
