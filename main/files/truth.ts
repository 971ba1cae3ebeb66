/**
 * Truth files: which sites are a task's circuit. Written in one form; read in the forms that others use as well, and
 * always against the candidates of a primary, so that a misspelt address is an error and not a missed site.
 */
import type { Architecture } from '../../preload/contract/primary'
import type { Truth, TruthKind } from '../../preload/contract/truth'
import { z } from 'zod'
import { UserError } from '../../preload/contract/errors'
import { expandSites } from '../../preload/contract/sweepSites'
import { truthKindSchema, truthSchema } from '../../preload/contract/truth'
import { writeAtomic } from './atomic'
import { checkJson, readText } from './json'

const listed = z.union([z.string(), z.looseObject({ address: z.string(), member: z.boolean().optional() })])

/** A circuit.json has every candidate as `{ address, member }`; a plain address is a member. */
const listSchema = z.array(listed).transform(sites => sites.flatMap((site) => {
  if (typeof site === 'string')
    return [site]
  return site.member === false ? [] : [site.address]
}))

const LISTS = ['sites', 'truth', 'members'] as const

const foreignSchema = z.union([
  listSchema.transform(sites => ({ sites })),
  z.looseObject({ format: z.string().optional(), kind: z.string().optional(), baseline: z.unknown().optional(), inert: listSchema.optional(), note: z.string().optional(), sites: listSchema.optional(), truth: listSchema.optional(), members: listSchema.optional() }),
])

/** Throws `truth-invalid` where the sites are no candidates of this kind, or the file is of another kind. */
export async function readTruth(path: string, kind: TruthKind, architecture: Architecture): Promise<Truth> {
  const text = await readText(path)
  const found = checkJson(text, path, foreignSchema)
  if ('format' in found && found.format !== undefined)
    checkFormat(found.format, path)
  if ('kind' in found && found.kind !== undefined && found.kind !== kind)
    throw invalid(path, `it is the truth about ${truthKindSchema.safeParse(found.kind).success ? found.kind : `"${found.kind.slice(0, 40)}"`}, and ${kind} were asked for`, `Ask for the sites it is about, or give the truth about ${kind}.`)
  const given = LISTS.filter(name => (found as Record<string, unknown>)[name] !== undefined)
  if (given.length !== 1)
    throw invalid(path, given.length === 0 ? 'it lists no sites' : `it lists sites as ${given.join(' and as ')}`, 'List the addresses once, under "sites".')
  const sites = (found as Partial<Record<typeof LISTS[number], string[]>>)[given[0]]!
  const { inert = [], baseline, note } = found as { inert?: string[], baseline?: unknown, note?: string }
  checkAddresses(sites, inert, kind, architecture, path)
  const known = truthSchema.shape.baseline.safeParse(baseline)
  return { format: 'symbiote-truth/1', kind, sites, inert, ...(known.data === undefined ? {} : { baseline: known.data }), ...(note === undefined ? {} : { note }) }
}

export async function writeTruth(path: string, truth: Truth): Promise<void> {
  await writeAtomic(path, [`${JSON.stringify(truthSchema.parse(truth), undefined, 2)}\n`])
}

function checkFormat(format: string, path: string): void {
  if (format === 'symbiote-truth/1')
    return
  const newer = Number(/^symbiote-truth\/(\d+)$/.exec(format)?.[1]) > 1
  throw new UserError(newer
    ? { code: 'format-newer', message: `${path} is of format ${format}, newer than this version of Symbiote, which reads symbiote-truth/1.`, remedy: 'Open it with a newer Symbiote.', path }
    : { code: 'truth-invalid', message: `${path} is of format "${format.slice(0, 40)}", which is not a truth file.`, remedy: 'Give a file of format symbiote-truth/1, or a list of addresses.', path })
}

function checkAddresses(sites: readonly string[], inert: readonly string[], kind: TruthKind, architecture: Architecture, path: string): void {
  if (sites.length === 0)
    throw invalid(path, 'it names no site', 'List the addresses of the circuit under "sites".')
  const candidates = new Set(expandSites(kind, architecture))
  const seen = new Set<string>()
  for (const address of [...sites, ...inert]) {
    if (!candidates.has(address))
      throw invalid(path, `"${address.slice(0, 120)}" is none of the ${candidates.size} ${kind} of this primary`, `They are spelt like ${[...candidates][0]}; correct the address, or give the primary that the truth is about.`)
    if (seen.has(address))
      throw invalid(path, `"${address}" is listed twice`, 'List every address once.')
    seen.add(address)
  }
}

function invalid(path: string, what: string, remedy: string): UserError {
  return new UserError({ code: 'truth-invalid', message: `${path}: ${what}.`, remedy, path })
}
