/** BIDS-iEEG 1.9: the primary as a participant, its sites as electrodes, trials as events, and the bundle itself in sourcedata/. */
import type { ExportContext } from '../context'
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { architectureLine } from '../../../../preload/contract/primary'
import { writeBundle } from '../bundle'
import { writeLines, writeText } from '../output'
import { TIMED, trialSpans } from '../rows'
import { writeBrainVision } from './brainVision'
import { signalsOf } from './signals'
import { channelColumns, electrodeColumns, eventColumns, eventRows } from './tables'
import { definitionsOf, labelOf, tsvLines, tsvOf } from './tsv'

export async function writeBids(context: ExportContext, folder: string): Promise<void> {
  const { session, blinding } = context
  const sites = [...session.events('site')]
  const provenance = session.head.provenance.at(-1)
  const subject = `sub-${labelOf(provenance?.primary.name ?? '', 'primary')}`
  const task = labelOf(provenance?.dataset.name ?? '', 'task')
  const ieeg = join(folder, subject, 'ieeg')
  mkdirSync(ieeg, { recursive: true })
  const base = join(ieeg, `${subject}_task-${task}`)
  const place = join(ieeg, subject)
  const signals = signalsOf(context, sites)

  await writeBrainVision(context, `${base}_ieeg`, signals)
  await writeJson(`${base}_ieeg.json`, sidecarOf(context, task, signals))
  await writeText(`${base}_channels.tsv`, tsvOf(channelColumns, signals.channels))
  await writeJson(`${base}_channels.json`, definitionsOf(channelColumns))
  await context.turn()
  await writeLines(`${base}_events.tsv`, tsvLines(eventColumns, eventRows(trialSpans(session.events(...TIMED)), blinding.annotations)), () => context.turn())
  await writeJson(`${base}_events.json`, definitionsOf(eventColumns))
  await context.turn()
  const electrodes = electrodeColumns(session.head)
  await writeText(`${place}_electrodes.tsv`, tsvOf(electrodes, sites))
  await writeJson(`${place}_electrodes.json`, definitionsOf(electrodes))
  await writeJson(`${place}_coordsystem.json`, {
    iEEGCoordinateSystem: 'Other',
    iEEGCoordinateUnits: 'n/a',
    iEEGCoordinateSystemDescription: 'Places of sites in a drawing of the network, in scene units: x from input to output, y up, z across each layer, centred on the origin. They are no anatomy.',
    iEEGCoordinateProcessingDescription: 'none',
  })
  await writeText(join(folder, subject, `${subject}_scans.tsv`), tsvOf([
    { name: 'filename', definition: { Description: '' }, of: (path: string) => path },
    { name: 'acq_time', definition: { Description: '' }, of: () => session.head.started.startedAt.slice(0, 19) || undefined },
  ], [`ieeg/${basename(base)}_ieeg.vhdr`]))
  await writeTop(context, folder, subject)
  mkdirSync(join(folder, 'sourcedata'))
  await writeBundle(context, join(folder, 'sourcedata', `${basename(session.folder).replace(/\.session$/, '').replace(/[^\w.-]/g, '-')}.session.zip`))
}

function sidecarOf({ session: { head: tables } }: ExportContext, task: string, { channels, rate, samples }: ReturnType<typeof signalsOf>): object {
  const { engine } = tables.provenance.at(-1) ?? {}
  const count = (type: string): number => channels.filter(channel => channel.type === type).length
  return {
    TaskName: task,
    TaskDescription: 'Items are presented to a neural network while sites of it are stimulated.',
    Manufacturer: 'Symbiote',
    ManufacturersModelName: engine === undefined ? 'n/a' : `${engine.executor} on ${engine.device}`,
    SoftwareVersions: tables.started.appVersion || 'n/a',
    iEEGReference: 'none: activations have no reference',
    iEEGGround: 'n/a',
    SamplingFrequency: rate,
    PowerLineFrequency: 'n/a',
    SoftwareFilters: 'n/a',
    HardwareFilters: 'n/a',
    RecordingType: 'continuous',
    RecordingDuration: samples / rate,
    SEEGChannelCount: count('SEEG'),
    ECOGChannelCount: 0,
    EEGChannelCount: 0,
    EOGChannelCount: 0,
    ECGChannelCount: 0,
    EMGChannelCount: 0,
    MiscChannelCount: count('MISC'),
    TriggerChannelCount: count('TRIG'),
    iEEGPlacementScheme: 'sites that were stimulated',
    iEEGElectrodeGroups: 'layers of the network: see the addresses',
    ElectricalStimulation: tables.counts.stimulations > 0,
    ElectricalStimulationParameters: 'see the columns electrical_stimulation_* of the events; strengths are no currents',
  }
}

async function writeTop(context: ExportContext, folder: string, subject: string): Promise<void> {
  const { session: { head: tables }, appVersion, notes } = context
  const { started, provenance } = tables
  const last = provenance.at(-1)
  await writeJson(join(folder, 'dataset_description.json'), {
    Name: started.title || 'Symbiote session',
    BIDSVersion: '1.9.0',
    DatasetType: 'raw',
    Authors: started.operators.length > 0 ? started.operators : ['unknown'],
    GeneratedBy: [{ Name: 'Symbiote', Version: appVersion, Description: 'Recording of interventions on a neural network' }],
  })
  const columns = {
    participant_id: 'The primary',
    species: 'It is no animal',
    architecture: 'Kind and sizes of the network',
    weights_sha256: 'SHA-256 of its weights',
    dataset: 'Name of the data set whose items were presented',
    dataset_sha256: 'SHA-256 of the data set',
  }
  await writeText(join(folder, 'participants.tsv'), tsvOf(Object.keys(columns).map((name, i) => ({ name, definition: { Description: '' }, of: (row: (string | undefined)[]) => row[i] })), [[
    subject,
    undefined,
    last && architectureLine(last.primary.architecture),
    last?.primary.weightsSha256,
    last?.dataset.name,
    last?.dataset.sha256,
  ]]))
  await writeJson(join(folder, 'participants.json'), Object.fromEntries(Object.entries(columns).map(([name, Description]) => [name, { Description }])))
  await writeText(join(folder, 'README'), `${[
    `${started.title}: a session recorded with Symbiote ${started.appVersion}, ${started.startedAt}.`,
    'The participant is a neural network. Electrodes are sites of it that were stimulated; their coordinates are those of a drawing. Signals are activations of the item shown: stimulated while a stimulation is on, the same item\'s without stimulation after it, the mean before the first trial; they are held between trials. Events are trials, from the onset of their stimulation to its end, and annotations. Columns whose names begin with electrical_stimulation describe interventions, of which no current is a part.',
    'sourcedata/ holds the whole session as a bundle: `symbiote import` takes it in, and `symbiote replay --verify` re-executes it.',
    ...notes,
  ].join('\n\n')}\n`)
}

async function writeJson(path: string, value: object): Promise<void> {
  await writeText(path, `${JSON.stringify(value, undefined, 2)}\n`)
}
