/** Trains a symbiote and prints the certificate of the circuit it found. */
import type { Family, FindResult, Objective } from '../../../preload/contract/symbiote'
import type { Kept } from '../../theatre/findKept'
import type { FindOnceAsked, FoundOnce } from '../../theatre/findOnce'
import type { Steered } from '../../theatre/prescription'
import type { Command, Invocation } from '../command'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserError } from '../../../preload/contract/errors'
import { familySchema, objectiveSchema, readerFileSchema } from '../../../preload/contract/symbiote'
import { writeAtomic } from '../../files/atomic'
import { requireFree, writeCircuit } from '../../files/circuit'
import { FIND_CHECKPOINT_FILE, readFindCheckpoint, writeFindCheckpoint } from '../../files/findCheckpoint'
import { readJson } from '../../files/json'
import { findOnce } from '../../theatre/findOnce'
import { circuitOf } from '../../theatre/findSave'
import { savePrescription } from '../../theatre/prescription'
import { folderName } from '../../theatre/trainings'
import { integerOption, requiredOption, UsageError } from '../command'
import { findText, sharedSites } from './findText'
import { baselineOption, sitesOption } from './sweepOptions'

export const find: Command = {
  summary: 'trains a symbiote that finds the circuit of a task, and judges it: circuit, gates, certificate',
  usage: 'PRIMARY [--dataset DATASET]… [--reference DATASET]… --sites weights|units|heads|edges|ADDRESS[;ADDRESS…] [--objective sufficient|necessary|steer|dissociate] [--family free|conditioned|reader] [--baseline zero|mean|resample:SEED] [--budget auto|SHARE] [--target CLASS]… [--seeds N] [--steps N] [--certificate full|fast] [--reader FILE] [--out DIR] | --resume --out DIR',
  options: {
    dataset: { type: 'string', multiple: true },
    reference: { type: 'string', multiple: true },
    sites: { type: 'string' },
    objective: { type: 'string', default: 'sufficient' },
    family: { type: 'string' },
    baseline: { type: 'string', default: 'zero' },
    budget: { type: 'string', default: 'auto' },
    target: { type: 'string', multiple: true },
    seeds: { type: 'string' },
    steps: { type: 'string' },
    certificate: { type: 'string', default: 'full' },
    reader: { type: 'string' },
    resume: { type: 'boolean' },
    out: { type: 'string' },
  },
  positionals: { min: 0, max: 1 },
  run: async (invocation) => {
    const { workstation, progress, signal, say, options } = invocation
    const out = typeof options.out === 'string' ? resolve(options.out) : undefined
    const from = options.resume ? await keptIn(invocation) : undefined
    const asked = from ? askedAgain(from) : await askedOf(invocation)
    // Before minutes of work, not after.
    if (out !== undefined && !from) await requireFree(out)
    const engine = workstation.engine()
    const { loaded, results, kept } = await findOnce(engine, workstation.places, asked, {
      signal,
      ...(from ? { from } : {}),
      progress: ({ phase, share, training }) => progress.update(Math.round(1000 * share), 1000, `${phase}${training ? ` ${training.step} of ${training.steps}, behaviour ${training.behaviour.toPrecision(3)} nats, size ${(100 * training.size).toPrecision(3)} %` : ''}`),
    })
    progress.end()
    const folders = await writeAll(out, loaded, { results, ...(kept ? { kept } : {}) }, asked, { say, replace: from !== undefined })
    if (kept && out === undefined) say('Nothing of it is kept; with --out DIR it can be gone on with.')
    const [{ result: first }] = results
    const about = results.map(({ name, target, result }, k) => ({
      ...(results.length === 1 ? {} : { name, ...(target === undefined ? {} : { target }) }),
      ...(folders ? { out: folders[k] } : {}),
      sites: result.addresses.map((address, i) => ({ address, score: result.score[i], member: result.member[i] === 1 })),
      certificate: result.certificate,
    }))
    return {
      json: {
        ...(out === undefined ? {} : { out }),
        primary: loaded.file.name,
        state: results.some(({ result }) => result.state === 'cancelled') ? 'cancelled' : 'finished',
        seconds: first.seconds.training + results.reduce((sum, { result }) => sum + result.seconds.certificate, 0),
        trainingSeconds: first.seconds.training,
        ...(results.length === 1 ? about[0] : { contexts: about, shared: sharedSites(results) }),
      },
      text: findText(loaded.file.name, results),
      exitCode: results.some(({ result }) => result.state === 'cancelled') ? 130 : 0,
    }
  },
}

async function askedOf(invocation: Invocation): Promise<FindOnceAsked> {
  const { positionals: [primary], options } = invocation
  if (primary === undefined) throw new UsageError('PRIMARY is missing.')
  const readerFile = typeof options.reader === 'string' ? await readJson(resolve(options.reader), readerFileSchema) : undefined
  const [steps, seeds] = [integerOption(invocation, 'steps', { min: 1, max: 100_000 }), integerOption(invocation, 'seeds', { min: 1, max: 32 })]
  return {
    primary,
    datasets: severalOption(invocation, 'dataset'),
    references: severalOption(invocation, 'reference'),
    targets: integersOption(invocation, 'target'),
    sites: sitesOption(requiredOption(invocation, 'sites')),
    objective: objectiveOption(invocation),
    family: familyOption(invocation),
    baseline: baselineOption(String(options.baseline)),
    budget: budgetOption(invocation),
    seed: integerOption(invocation, 'seed') ?? 1,
    certificate: certificateOption(invocation),
    ...(seeds === undefined ? {} : { seeds }),
    ...(steps === undefined ? {} : { steps }),
    ...(readerFile ? { readerFile } : {}),
  }
}

/** What a cancelled find left in its folder. It says itself what was asked, and of whom. */
async function keptIn(invocation: Invocation): Promise<Kept> {
  const path = join(resolve(requiredOption(invocation, 'out')), FIND_CHECKPOINT_FILE)
  if (invocation.positionals.length > 0 || invocation.options.sites !== undefined) throw new UsageError('--resume goes on with what was asked: give it and --out alone.')
  try {
    return await readFindCheckpoint(path)
  }
  catch (error) {
    if (!(error instanceof UserError) || error.code !== 'file-missing') throw error
    throw new UserError({ code: 'nothing-to-resume', message: `${path} is not there: no find was cancelled in that folder, or it has come to its end since.`, remedy: 'Start the find anew.', path }, { cause: error })
  }
}

function askedAgain({ about: { asked: { target, ...asked }, datasets, targets, references, primary } }: Kept): FindOnceAsked {
  return { ...asked, primary: primary.path, datasets, references, targets: targets.length > 0 || target === undefined ? targets : [target] }
}

interface Writing { say: (line: string) => void, replace: boolean }

/** The circuit into the folder; of several tasks, into a folder each within it. Answers where. Of one that was cancelled beside it what it takes to go on. */
async function writeAll(out: string | undefined, loaded: FoundOnce['loaded'], { results, kept }: Pick<FoundOnce, 'results' | 'kept'>, asked: Pick<FindOnceAsked, 'objective' | 'baseline'>, { say, replace }: Writing): Promise<string[] | undefined> {
  if (out === undefined) return undefined
  const folders = results.map(({ name }) => results.length === 1 ? out : join(out, folderName(name)))
  for (const [k, { target, result }] of results.entries()) {
    await writeCircuit(folders[k], circuitOf({ ...result, info: { asked: result.certificate.asked } }), { replace })
    // A reader, or a steered primary, is of a find that has come to its end.
    if (kept) continue
    if (result.reader) await writeAtomic(join(folders[k], 'reader.json'), [`${JSON.stringify(result.reader)}\n`])
    say(`Written: ${folders[k]}`)
    await writeSteered(join(folders[k], 'steered'), loaded, { ...asked, ...(target === undefined ? {} : { target }) }, result, say)
  }
  const path = join(out, FIND_CHECKPOINT_FILE)
  if (kept) {
    await writeFindCheckpoint(path, kept.about, kept.checkpoints)
    say(`Cancelled, and kept as it is in ${out}; go on with: symbiote find --resume --out ${out}`)
  }
  else if (replace) {
    await rm(path, { force: true })
  }
  return folders
}

/** The steered primary, of what was steered; or why there is none. */
async function writeSteered(folder: string, base: FoundOnce['loaded'], asked: Steered['asked'], { addresses, gates, folded, certificate: { asked: { task }, provenance, steering } }: FindResult, say: (line: string) => void): Promise<void> {
  if (!steering) return
  const why = steering.unfoldable ? `${steering.unfoldable.message} ${steering.unfoldable.remedy}` : gates.every(gate => gate === 1) ? 'Every gate is 1, so it would be the primary as it is.' : undefined
  if (why !== undefined || !folded) return say(`No steered primary was written: ${why}`)
  const { path } = await savePrescription(folder, { base, dataset: { name: task.name, sha256: provenance.datasetSha256! }, asked, addresses, gates, folded })
  say(`Written: ${path}, the steered primary`)
}

/** Of an option that may be given several times. */
function severalOption({ options }: Invocation, name: string): string[] {
  return (options[name] as unknown as string[] | undefined) ?? []
}

function integersOption(invocation: Invocation, name: string): number[] {
  return severalOption(invocation, name).map(value => integerOption({ ...invocation, options: { [name]: value } }, name)!)
}

function objectiveOption({ options }: Invocation): Objective {
  const found = objectiveSchema.safeParse(options.objective)
  if (found.success) return found.data
  throw new UsageError(`--objective is ${objectiveSchema.options.join(', ')}, not "${String(options.objective)}".`)
}

/** A reader's file means the family it is of. */
function familyOption({ options }: Invocation): Family {
  const found = familySchema.safeParse(options.family ?? (typeof options.reader === 'string' ? 'reader' : 'free'))
  if (found.success && (typeof options.reader !== 'string' || found.data === 'reader')) return found.data
  throw new UsageError(found.success ? `--reader is a file of the family reader, not of ${found.data}.` : `--family is ${familySchema.options.join(', ')}, not "${String(options.family)}".`)
}

function budgetOption({ options }: Invocation): number | 'auto' {
  if (options.budget === 'auto') return 'auto'
  const share = Number(options.budget)
  if (share > 0 && share <= 1) return share
  throw new UsageError(`--budget is auto or a share of the sites above 0 and up to 1, such as 0.05, not "${String(options.budget)}".`)
}

function certificateOption({ options }: Invocation): 'full' | 'fast' {
  if (options.certificate === 'full' || options.certificate === 'fast') return options.certificate
  throw new UsageError(`--certificate is full or fast, not "${String(options.certificate)}".`)
}
