/** Trains a symbiote and prints the certificate of the circuit it found. */
import type { Certificate, Family, FindResult, Objective } from '../../../preload/contract/symbiote'
import type { FoundOnce } from '../../theatre/findOnce'
import type { Steered } from '../../theatre/prescription'
import type { Command, Invocation } from '../command'
import { join, resolve } from 'node:path'
import { familySchema, objectiveSchema, readerFileSchema } from '../../../preload/contract/symbiote'
import { writeAtomic } from '../../files/atomic'
import { requireFree, writeCircuit } from '../../files/circuit'
import { readJson } from '../../files/json'
import { percent } from '../../lib/percent'
import { findOnce } from '../../theatre/findOnce'
import { circuitOf } from '../../theatre/findSave'
import { savePrescription } from '../../theatre/prescription'
import { integerOption, requiredOption, UsageError } from '../command'
import { steeringText } from './steeringText'
import { baselineOption, sitesOption } from './sweepOptions'

const SHOWN = 24

export const find: Command = {
  summary: 'trains a symbiote that finds the circuit of a task, and judges it: circuit, gates, certificate',
  usage: 'PRIMARY [--dataset DATASET] [--reference DATASET]… --sites weights|units|heads|edges|ADDRESS[;ADDRESS…] [--objective sufficient|necessary|steer|dissociate] [--family free|conditioned|reader] [--baseline zero|mean|resample:SEED] [--budget auto|SHARE] [--target CLASS] [--seeds N] [--steps N] [--certificate full|fast] [--reader FILE] [--out DIR]',
  options: {
    dataset: { type: 'string' },
    reference: { type: 'string', multiple: true },
    sites: { type: 'string' },
    objective: { type: 'string', default: 'sufficient' },
    family: { type: 'string' },
    baseline: { type: 'string', default: 'zero' },
    budget: { type: 'string', default: 'auto' },
    target: { type: 'string' },
    seeds: { type: 'string' },
    steps: { type: 'string' },
    certificate: { type: 'string', default: 'full' },
    reader: { type: 'string' },
    out: { type: 'string' },
  },
  positionals: { min: 1, max: 1 },
  run: async (invocation) => {
    const { workstation, positionals: [primary], options, progress, signal, say } = invocation
    const out = typeof options.out === 'string' ? resolve(options.out) : undefined
    const readerFile = typeof options.reader === 'string' ? await readJson(resolve(options.reader), readerFileSchema) : undefined
    const [steps, target, seeds] = [integerOption(invocation, 'steps', { min: 1, max: 100_000 }), integerOption(invocation, 'target'), integerOption(invocation, 'seeds', { min: 1, max: 32 })]
    const asked = {
      primary,
      ...(typeof options.dataset === 'string' ? { dataset: options.dataset } : {}),
      references: (options.reference as unknown as string[] | undefined) ?? [],
      sites: sitesOption(requiredOption(invocation, 'sites')),
      objective: objectiveOption(invocation),
      family: familyOption(invocation),
      baseline: baselineOption(String(options.baseline)),
      budget: budgetOption(invocation),
      seed: integerOption(invocation, 'seed') ?? 1,
      certificate: certificateOption(invocation),
      ...(seeds === undefined ? {} : { seeds }),
      ...(steps === undefined ? {} : { steps }),
      ...(target === undefined ? {} : { target }),
      ...(readerFile ? { readerFile } : {}),
    }
    // Before minutes of work, not after.
    if (out !== undefined) await requireFree(out)
    const engine = workstation.engine()
    const { loaded, result } = await findOnce(engine, workstation.places, asked, {
      signal,
      progress: ({ phase, share, training }) => progress.update(Math.round(1000 * share), 1000, `${phase}${training ? ` ${training.step} of ${training.steps}, behaviour ${training.behaviour.toPrecision(3)} nats, size ${(100 * training.size).toPrecision(3)} %` : ''}`),
    })
    progress.end()
    const { addresses, score, member, certificate, seconds, state } = result
    if (out !== undefined) {
      await writeCircuit(out, circuitOf({ ...result, info: { asked: certificate.asked } }))
      if (result.reader) await writeAtomic(join(out, 'reader.json'), [`${JSON.stringify(result.reader)}\n`])
      say(`Written: ${out}`)
      await writeSteered(join(out, 'steered'), loaded, asked, result, say)
    }
    return {
      json: {
        ...(out === undefined ? {} : { out }),
        primary: loaded.file.name,
        state,
        seconds: seconds.training + seconds.certificate,
        trainingSeconds: seconds.training,
        sites: addresses.map((address, i) => ({ address, score: score[i], member: member[i] === 1 })),
        certificate,
      },
      text: textOf(loaded.file.name, result),
      exitCode: state === 'cancelled' ? 130 : 0,
    }
  },
}

/** The steered primary, of what was steered; or why there is none. */
async function writeSteered(folder: string, base: FoundOnce['loaded'], asked: Steered['asked'], { addresses, gates, folded, certificate: { asked: { task }, provenance, steering } }: FindResult, say: (line: string) => void): Promise<void> {
  if (!steering) return
  const why = steering.unfoldable ? `${steering.unfoldable.message} ${steering.unfoldable.remedy}` : gates.every(gate => gate === 1) ? 'Every gate is 1, so it would be the primary as it is.' : undefined
  if (why !== undefined || !folded) return say(`No steered primary was written: ${why}`)
  const { path } = await savePrescription(folder, { base, dataset: { name: task.name, sha256: provenance.datasetSha256! }, asked, addresses, gates, folded })
  say(`Written: ${path}, the steered primary`)
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

function textOf(primary: string, { addresses, score, member, membership, certificate, seconds }: FindResult): string {
  const { asked, verdict, parts, full, curve, cpr, cmd, steering } = certificate
  const order = [...addresses.keys()].sort((a, b) => score[b] - score[a])
  const members = order.filter(i => member[i] === 1)
  const shown = (members.length > 0 ? members : order).slice(0, SHOWN)
  const width = Math.max(...shown.map(i => addresses[i].length))
  return [
    verdict.sentence,
    // A dose passes or fails at no part.
    ...(asked.objective === 'steer' ? [] : [`Weakest part: ${verdict.weakest}.`]),
    '',
    `${primary}, ${asked.task.name}: ${asked.candidates.toLocaleString('en')} ${asked.sites}, ${asked.objective}, ${asked.family}, baseline ${baselineText(certificate)}, budget ${asked.budget}, ${asked.seeds} seeds of ${asked.steps} steps`,
    `Learned on ${asked.task.train.toLocaleString('en')} items, judged on ${asked.task.heldOut.toLocaleString('en')} others. The primary is right on ${percent(full.accuracy)} of them, chance is ${percent(full.chance)}.`,
    '',
    ...parts.map(({ part, passed, text }) => `${passed === undefined ? '·' : passed ? '✓' : '✗'} ${part.padEnd(12)} ${text}`),
    '',
    ...(steering ? steeringText(steering) : [`Faithfulness by share of sites: ${curve.map(({ share, faithfulness }) => `${100 * share} % ${faithfulness.toFixed(2)}`).join(', ')}; CPR ${cpr.toFixed(2)}, CMD ${cmd.toFixed(2)}`]),
    '',
    ...matrixLines(certificate),
    `Members, ${shown.length} of ${members.length}, with score and share of seeds:`,
    ...shown.map(i => `${addresses[i].padEnd(width)}  ${score[i].toFixed(3)}  ${percent(membership[i])}`),
    '',
    `${seconds.training.toFixed(1)} s training, ${seconds.certificate.toFixed(1)} s certificate, on ${certificate.provenance.executor}`,
  ].join('\n')
}

/** Accuracy by lesion and task. */
function matrixLines({ matrix }: Certificate): string[] {
  if (!matrix) return []
  const width = Math.max(...matrix.lesions.map(lesion => lesion.length))
  return [
    `${'lesion'.padEnd(width)}  ${matrix.tasks.join('  ')}`,
    ...matrix.lesions.map((lesion, row) => `${lesion.padEnd(width)}  ${matrix.tasks.map((task, i) => percent(matrix.accuracy[row][i]).padStart(task.length)).join('  ')}`),
    '',
  ]
}

function baselineText({ asked: { baseline } }: Certificate): string {
  return typeof baseline === 'string' ? baseline : `resample ${baseline.resample}`
}
