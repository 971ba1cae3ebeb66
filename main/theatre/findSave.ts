/** A found circuit as files, from a find of this moment or one read back from a session. */
import type { Found } from '../../preload/contract/symbiote'
import type { Circuit } from '../files/circuit'
import { join } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { writeCircuit } from '../files/circuit'
import { folderName } from './trainings'

/** Into `circuits/NAME` of the user's folder; answers where. */
export async function saveCircuit(home: string, found: Found, name: string): Promise<{ path: string }> {
  return { path: await writeCircuit(join(home, 'circuits', folderName(name)), circuitOf(found)) }
}

export function circuitOf({ info: { asked }, addresses, score, member, gates, certificate }: Pick<Found, 'addresses' | 'score' | 'member' | 'gates' | 'certificate'> & { info: { asked: Pick<Found['info']['asked'], 'objective' | 'baseline' | 'seeds'> } }): Circuit {
  const { primarySha256, datasetSha256 } = certificate.provenance
  if (primarySha256 === undefined || datasetSha256 === undefined)
    throw new UserError({ code: 'certificate-incomplete', message: 'The certificate does not say which primary and which data it is for.', remedy: 'Find the circuit again.' })
  return {
    file: {
      objective: asked.objective,
      baseline: asked.baseline,
      budget: member.reduce((sum, one) => sum + one, 0) / addresses.length,
      seeds: asked.seeds,
      primarySha256,
      datasetSha256,
      sites: addresses.map((address, i) => ({ address, score: score[i], member: member[i] === 1 })),
    },
    gates,
    certificate,
  }
}
