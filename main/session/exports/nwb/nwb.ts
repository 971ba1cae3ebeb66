/**
 * NWB 2.6: sites as electrodes, trials as time intervals, annotations as a series, activations and stimulation as time series. Without
 * the optional copy of the specification: readers bring their own. Everything else is in the bundle.
 */
import type { File, Group } from 'h5wasm/node'
import type { EventOf } from '../../../../preload/contract/session'
import type { ExportContext } from '../context'
import type { TrialSpan } from '../rows'
import type { Column } from './hdf5'
import { architectureLine } from '../../../../preload/contract/primary'
import { sampled, signalsOf } from '../bids/signals'
import { signalRows } from '../blobRows'
import { interventionsText, strengthOf, TIMED, trialSpans } from '../rows'
import { group, series, table, text, texts, typed, writeHdf5 } from './hdf5'

const VERSION = '2.6.0'

export async function writeNwb(context: ExportContext, path: string): Promise<void> {
  await writeHdf5(path, async (file) => {
    writeTop(context, file)
    const general = group(file, 'general')
    writeGeneral(context, general)
    await context.turn()
    const sites = [...context.session.events('site')]
    writeSites(context, sites, general)
    await context.turn()
    await writeTrials(context, file)
    await writeStimulation(context, file)
    await writeAcquisition(context, sites, group(file, 'acquisition'))
  })
}

function writeTop({ session: { head: { started } }, now }: ExportContext, file: File): void {
  typed(file, 'NWBFile', { nwb_version: VERSION })
  const began = started.startedAt || '1970-01-01T00:00:00.000Z'
  texts(file, 'file_create_date', [now.toISOString()])
  text(file, 'identifier', started.id)
  text(file, 'session_description', started.title || 'Symbiote session')
  text(file, 'session_start_time', began)
  text(file, 'timestamps_reference_time', began)
  group(file, 'analysis')
  group(file, 'processing')
}

function writeGeneral({ session: { head: { started, provenance } }, appVersion, notes }: ExportContext, general: Group): void {
  const last = provenance.at(-1)
  if (started.operators.length > 0)
    texts(general, 'experimenter', started.operators)
  text(general, 'session_id', started.id)
  text(general, 'experiment_description', 'A neural network is presented with items while sites of it are stimulated. Activations and strengths have no physical unit; places are those of a drawing.')
  text(general, 'notes', ['The whole session, with everything that has no place here, is in its Symbiote bundle.', ...notes].join(' '))
  const script = general.create_dataset({ name: 'source_script', data: `Symbiote ${appVersion}`, shape: [], dtype: 'S' })
  script.create_attribute('file_name', 'symbiote', [], 'S')
  group(group(general, 'devices'), 'instrument', 'Device', {
    description: last === undefined ? `Symbiote ${started.appVersion}` : `Symbiote ${started.appVersion}: ${last.engine.executor} on ${last.engine.device}`,
    manufacturer: 'Symbiote',
  })
  const subject = group(general, 'subject', 'Subject')
  text(subject, 'subject_id', last?.primary.name || 'primary')
  text(subject, 'description', last === undefined ? 'an unknown primary' : `${architectureLine(last.primary.architecture)}; weights SHA-256 ${last.primary.weightsSha256}; data set ${last.dataset.name}, SHA-256 ${last.dataset.sha256}`)
}

function writeSites({ session: { head: { tags } } }: ExportContext, sites: readonly EventOf<'site'>[], general: Group): void {
  if (sites.length === 0)
    return
  const ephys = group(general, 'extracellular_ephys')
  const place = group(ephys, 'primary', 'ElectrodeGroup', { description: 'Sites of the primary that were named', location: 'the primary' })
  place.create_soft_link('/general/devices/instrument', 'device')
  const reference = place.create_reference()
  const tagOf = new Map(tags.map(tag => [tag.site, tag.number]))
  const axis = (i: number): Float32Array => Float32Array.from(sites, ({ position }) => position[i]!)
  table(ephys, 'electrodes', 'DynamicTable', 'Sites of the primary as electrodes', [
    { name: 'x', description: 'place in the drawing, from input to output', data: axis(0) },
    { name: 'y', description: 'place in the drawing, up', data: axis(1) },
    { name: 'z', description: 'place in the drawing, across', data: axis(2) },
    { name: 'location', description: 'address of the site', data: sites.map(({ address }) => address) },
    { name: 'group', description: 'the primary', data: sites.map(() => reference) },
    { name: 'group_name', description: 'name of the group', data: sites.map(() => 'primary') },
    { name: 'kind', description: 'unit, weight, layer, edge, channel, head, residual or direction', data: sites.map(({ site }) => site) },
    { name: 'size', description: 'how many scalars it holds', data: Int32Array.from(sites, ({ size }) => size) },
    { name: 'mean', description: 'mean activation over the calibration items; of a weight, the weight', data: Float64Array.from(sites, ({ mean }) => mean) },
    { name: 'sigma', description: 'standard deviation over the calibration items', data: Float64Array.from(sites, ({ sigma }) => sigma) },
    { name: 'tag', description: 'number of its ticket, 0 where it has none', data: Int32Array.from(sites, ({ address }) => tagOf.get(address) ?? 0) },
  ])
}

type Kept = Float64Array | Int32Array | Int8Array | string[]
/** A column of the trials: what it holds of one, and how its numbers are kept. Without `as` it is text. */
interface TrialColumn { name: string, description: string, as?: Float64ArrayConstructor | Int32ArrayConstructor | Int8ArrayConstructor, of: (span: TrialSpan) => string | number | undefined }

const trialColumns = (duration: number): TrialColumn[] => [
  { name: 'start_time', description: 'onset of the stimulation, seconds', as: Float64Array, of: ({ onset }) => onset / 1e9 },
  { name: 'stop_time', description: 'its end, seconds; of one that never ended, the end of the recording', as: Float64Array, of: ({ end }) => (end ?? duration) / 1e9 },
  { name: 'trial_id', description: 'ULID of the trial in the bundle', of: ({ trial }) => trial.trial },
  { name: 'presented_time', description: 'when the answer was recorded, seconds', as: Float64Array, of: ({ trial }) => trial.t / 1e9 },
  { name: 'interventions', description: 'what was done, in words', of: ({ stimulation }) => stimulation === undefined ? '' : interventionsText(stimulation.interventions) },
  { name: 'strength', description: 'of the first intervention; NaN where it has none', as: Float64Array, of: ({ stimulation }) => stimulation?.interventions[0] && strengthOf(stimulation.interventions[0]) },
  { name: 'sham', description: '1: zero strength through the whole path', as: Int8Array, of: ({ trial }) => Number(trial.sham) },
  { name: 'item', description: 'index of the item shown', as: Int32Array, of: ({ trial }) => trial.focus },
  { name: 'target', description: 'right answer, class index', as: Int32Array, of: ({ trial }) => trial.target },
  { name: 'response', description: 'answer under stimulation, class index', as: Int32Array, of: ({ trial }) => trial.response },
  { name: 'correct', description: '1: they are the same', as: Int8Array, of: ({ trial }) => Number(trial.correct) },
  { name: 'target_log_probability', description: 'of the right answer, nats', as: Float64Array, of: ({ trial }) => trial.targetLogProbability },
  { name: 'margin', description: 'logit of the right answer less that of the best wrong one', as: Float64Array, of: ({ trial }) => trial.margin },
  { name: 'effect_loss', description: 'mean paired difference in loss over the battery, nats', as: Float64Array, of: ({ trial }) => trial.effects.loss?.mean },
  { name: 'effect_loss_se', description: 'its standard error, nats', as: Float64Array, of: ({ trial }) => trial.effects.loss?.se },
  { name: 'effect_items', description: 'items it is paired over', as: Int32Array, of: ({ trial }) => trial.effects.loss?.n ?? 0 },
]

/** Numbers are kept as numbers while the events pass: the events of a long session fill no memory. */
async function writeTrials(context: ExportContext, file: File): Promise<void> {
  const { session } = context
  const { duration, counts } = session.head
  if (counts.trials === 0)
    return
  const columns = trialColumns(duration)
  const kept = columns.map(({ as: Numbers }): Kept => Numbers === undefined ? [] : new Numbers(counts.trials))
  let n = 0
  for (const span of trialSpans(session.events(...TIMED))) {
    for (const [i, { as, of }] of columns.entries())
      kept[i]![n] = as === undefined ? of(span)! : of(span) ?? Number.NaN
    if (++n % 256 === 0)
      await context.turn()
  }
  table(group(file, 'intervals'), 'trials', 'TimeIntervals', 'One presentation of items under a stimulation each', columns.map(({ name, description }, i): Column => ({ name, description, data: kept[i]!.slice(0, n) })))
}

/** 1 from the onset of a stimulation, 0 from its end. */
async function writeStimulation(context: ExportContext, file: File): Promise<void> {
  const stimulus = group(file, 'stimulus')
  const presentation = group(stimulus, 'presentation')
  group(stimulus, 'templates')
  const { stimulations } = context.session.head.counts
  if (stimulations === 0)
    return
  const [changes, onsets] = [{ times: new Float64Array(2 * stimulations), on: new Float32Array(2 * stimulations), n: 0 }, { times: new Float64Array(stimulations), strength: new Float32Array(stimulations), n: 0 }]
  const on = new Set<string>()
  for (const event of context.session.events('stimulation', 'stimulation.off')) {
    const begins = event.kind === 'stimulation'
    if (begins) {
      onsets.times[onsets.n] = event.t / 1e9
      onsets.strength[onsets.n++] = (event.interventions[0] && strengthOf(event.interventions[0])) ?? Number.NaN
      on.add(event.stimulation)
    }
    else if (!on.delete(event.stimulation)) {
      continue
    }
    changes.times[changes.n] = event.t / 1e9
    changes.on[changes.n++] = begins ? 1 : 0
    if (changes.n % 1024 === 0)
      await context.turn()
  }
  series(presentation, 'stimulation', 'TimeSeries', { description: '1 from the onset of a stimulation, 0 from its end', unit: 'n/a', data: changes.on.slice(0, changes.n), shape: [changes.n], times: changes.times.slice(0, changes.n) })
  series(presentation, 'strength', 'TimeSeries', { description: 'strength of the first intervention at its onset, in the terms of its operation', unit: 'n/a', data: onsets.strength.slice(0, onsets.n), shape: [onsets.n], times: onsets.times.slice(0, onsets.n) })
}

async function writeAcquisition(context: ExportContext, sites: readonly EventOf<'site'>[], acquisition: Group): Promise<void> {
  const { annotations } = context.blinding
  if (annotations.length > 0)
    series(acquisition, 'annotations', 'AnnotationSeries', { description: 'annotations at their beginnings: tier, term, text and author as JSON, with the end where there is one', unit: 'n/a', data: annotations.map(({ tier, term, text: note, author, from, to }) => JSON.stringify({ tier, term, text: note, author, ...to.t > from.t ? { to: to.t / 1e9 } : {} })), shape: [annotations.length], times: Float64Array.from(annotations, ({ from }) => from.t / 1e9) })
  await writeMonitored(context, acquisition)
  writeTraining(context, acquisition)
  const signals = signalsOf(context, sites)
  const width = signals.channels.length
  const data = new Float32Array(signals.samples * width)
  let written = 0
  for await (const row of sampled(context, signals)) {
    data.set(row, written)
    written += width
  }
  series(acquisition, 'activations', 'TimeSeries', { description: `columns: ${signals.channels.map(({ name }) => name).join(', ')}; activations of the item shown, held between trials`, unit: 'n/a', data, shape: [signals.samples, width], times: { rate: signals.rate } })
}

/** What was monitored: a series for every choice of sites, at the times of its samples. */
async function writeMonitored(context: ExportContext, acquisition: Group): Promise<void> {
  const choices = new Map<string, EventOf<'signal'>[]>()
  for (const signal of context.session.events('signal')) {
    const key = JSON.stringify(signal.channels)
    choices.set(key, [...choices.get(key) ?? [], signal])
  }
  let n = 0
  for (const signals of choices.values()) {
    const { channels } = signals[0]!
    const data: Float32Array[] = []
    const times: number[] = []
    for (const signal of signals) {
      for (const { t, values } of signalRows(context, signal)) {
        data.push(values)
        times.push(t / 1e9)
      }
      await context.turn()
    }
    if (times.length > 0)
      series(acquisition, `monitored_${n++}`, 'TimeSeries', { description: `columns: ${channels.join(', ')}; activity for the item shown, with the stimulation while one was on; a value holds until the next`, unit: 'n/a', data: joined(data), shape: [times.length, channels.length], times: Float64Array.from(times) })
  }
}

function joined(rows: Float32Array[]): Float32Array {
  const width = rows[0]!.length
  const all = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries())
    all.set(row, i * width)
  return all
}

/** Loss of a primary that was trained beside the session. */
function writeTraining({ session }: ExportContext, acquisition: Group): void {
  const points = [...session.events('training')].filter(({ loss }) => loss !== undefined)
  if (points.length > 0)
    series(acquisition, 'training_loss', 'TimeSeries', { description: 'loss of a primary in training beside the session', unit: 'n/a', data: Float32Array.from(points, ({ loss }) => loss!), shape: [points.length], times: Float64Array.from(points, ({ t }) => t / 1e9) })
}
