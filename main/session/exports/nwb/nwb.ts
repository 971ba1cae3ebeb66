/**
 * NWB 2.6: sites as electrodes, trials as time intervals, annotations as a series, activations and stimulation as time series. Without
 * the optional copy of the specification: readers bring their own. Everything else is in the bundle.
 */
import type { File, Group } from 'h5wasm/node'
import type { EventOf } from '../../../../preload/contract/session'
import type { ExportContext } from '../context'
import type { Column } from './hdf5'
import { architectureLine } from '../../../../preload/contract/primary'
import { sampled, signalsOf } from '../bids/signals'
import { signalRows } from '../blobRows'
import { interventionsText, strengthOf } from '../rows'
import { group, series, table, text, texts, typed, writeHdf5 } from './hdf5'

const VERSION = '2.6.0'

export async function writeNwb(context: ExportContext, path: string): Promise<void> {
  await writeHdf5(path, async (file) => {
    writeTop(context, file)
    const general = group(file, 'general')
    writeGeneral(context, general)
    await context.turn()
    writeSites(context, general)
    await context.turn()
    writeTrials(context, file)
    await context.turn()
    writeStimulation(context, file)
    await writeAcquisition(context, group(file, 'acquisition'))
  })
}

function writeTop({ session: { tables: { started } }, now }: ExportContext, file: File): void {
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

function writeGeneral({ session: { tables: { started, provenance } }, appVersion, notes }: ExportContext, general: Group): void {
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

function writeSites({ session: { tables } }: ExportContext, general: Group): void {
  const { sites, tags } = tables
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

function writeTrials({ session: { tables } }: ExportContext, file: File): void {
  const { trials, stimulations, duration } = tables
  if (trials.length === 0)
    return
  const spans = new Map(stimulations.map(span => [span.event.stimulation, span]))
  const rows = trials.map(trial => ({ trial, span: spans.get(trial.stimulation) }))
  const number = (of: (row: typeof rows[number]) => number | undefined): Float64Array => Float64Array.from(rows, row => of(row) ?? Number.NaN)
  const columns: Column[] = [
    { name: 'start_time', description: 'onset of the stimulation, seconds', data: number(({ trial, span }) => (span?.event.t ?? trial.t) / 1e9) },
    { name: 'stop_time', description: 'its end, seconds; of one that never ended, the end of the recording', data: number(({ span }) => (span?.off?.t ?? duration) / 1e9) },
    { name: 'trial_id', description: 'ULID of the trial in the bundle', data: rows.map(({ trial }) => trial.trial) },
    { name: 'presented_time', description: 'when the answer was recorded, seconds', data: number(({ trial }) => trial.t / 1e9) },
    { name: 'interventions', description: 'what was done, in words', data: rows.map(({ span }) => span === undefined ? '' : interventionsText(span.event.interventions)) },
    { name: 'strength', description: 'of the first intervention; NaN where it has none', data: number(({ span }) => span?.event.interventions[0] && strengthOf(span.event.interventions[0])) },
    { name: 'sham', description: '1: zero strength through the whole path', data: Int8Array.from(rows, ({ trial }) => Number(trial.sham)) },
    { name: 'item', description: 'index of the item shown', data: Int32Array.from(rows, ({ trial }) => trial.focus) },
    { name: 'target', description: 'right answer, class index', data: Int32Array.from(rows, ({ trial }) => trial.target) },
    { name: 'response', description: 'answer under stimulation, class index', data: Int32Array.from(rows, ({ trial }) => trial.response) },
    { name: 'correct', description: '1: they are the same', data: Int8Array.from(rows, ({ trial }) => Number(trial.correct)) },
    { name: 'target_log_probability', description: 'of the right answer, nats', data: number(({ trial }) => trial.targetLogProbability) },
    { name: 'margin', description: 'logit of the right answer less that of the best wrong one', data: number(({ trial }) => trial.margin) },
    { name: 'effect_loss', description: 'mean paired difference in loss over the battery, nats', data: number(({ trial }) => trial.effects.loss?.mean) },
    { name: 'effect_loss_se', description: 'its standard error, nats', data: number(({ trial }) => trial.effects.loss?.se) },
    { name: 'effect_items', description: 'items it is paired over', data: Int32Array.from(rows, ({ trial }) => trial.effects.loss?.n ?? 0) },
  ]
  table(group(file, 'intervals'), 'trials', 'TimeIntervals', 'One presentation of items under a stimulation each', columns)
}

/** 1 from the onset of a stimulation, 0 from its end. */
function writeStimulation({ session: { tables: { stimulations } } }: ExportContext, file: File): void {
  const stimulus = group(file, 'stimulus')
  const presentation = group(stimulus, 'presentation')
  group(stimulus, 'templates')
  if (stimulations.length === 0)
    return
  const changes = stimulations.flatMap(({ event, off }) => [{ t: event.t, on: 1 }, ...off === undefined ? [] : [{ t: off.t, on: 0 }]]).sort((a, b) => a.t - b.t)
  series(presentation, 'stimulation', 'TimeSeries', { description: '1 from the onset of a stimulation, 0 from its end', unit: 'n/a', data: Float32Array.from(changes, ({ on }) => on), shape: [changes.length], times: Float64Array.from(changes, ({ t }) => t / 1e9) })
  const strengths = stimulations.map(({ event }) => ({ t: event.t, strength: event.interventions[0] && strengthOf(event.interventions[0]) }))
  series(presentation, 'strength', 'TimeSeries', { description: 'strength of the first intervention at its onset, in the terms of its operation', unit: 'n/a', data: Float32Array.from(strengths, ({ strength }) => strength ?? Number.NaN), shape: [strengths.length], times: Float64Array.from(strengths, ({ t }) => t / 1e9) })
}

async function writeAcquisition(context: ExportContext, acquisition: Group): Promise<void> {
  const { annotations } = context.blinding
  if (annotations.length > 0)
    series(acquisition, 'annotations', 'AnnotationSeries', { description: 'annotations at their beginnings: tier, term, text and author as JSON, with the end where there is one', unit: 'n/a', data: annotations.map(({ tier, term, text: note, author, from, to }) => JSON.stringify({ tier, term, text: note, author, ...to.t > from.t ? { to: to.t / 1e9 } : {} })), shape: [annotations.length], times: Float64Array.from(annotations, ({ from }) => from.t / 1e9) })
  await writeMonitored(context, acquisition)
  writeTraining(context, acquisition)
  const signals = signalsOf(context)
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
