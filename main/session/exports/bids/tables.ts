/** The tables of a BIDS data set: sites as electrodes, channels, and trials and annotations as events. */
import type { EventOf, SessionTables } from '../../../../preload/contract/session'
import type { TrialSpan } from '../rows'
import type { Channel } from './signals'
import type { TsvColumn } from './tsv'
import { secondsText } from '../csvText'
import { baselineOf, strengthOf } from '../rows'

const seconds = { Units: 's' }

export function electrodeColumns({ tags }: Pick<SessionTables, 'tags'>): TsvColumn<EventOf<'site'>>[] {
  const tagOf = new Map(tags.map(tag => [tag.site, tag.number]))
  return [
    { name: 'name', definition: { Description: 'Address of the site in the primary' }, of: ({ address }) => address },
    { name: 'x', definition: { Description: 'From input to output, scene units' }, of: ({ position }) => position[0] },
    { name: 'y', definition: { Description: 'Up, scene units' }, of: ({ position }) => position[1] },
    { name: 'z', definition: { Description: 'Across, scene units' }, of: ({ position }) => position[2] },
    { name: 'size', definition: { Description: 'How many scalars the site holds; no area' }, of: ({ size }) => size },
    { name: 'kind', definition: { Description: 'What the site is', Levels: { unit: 'a neuron', weight: 'a weight', layer: 'a whole layer', edge: 'a connection from one site to another', channel: 'a feature map', head: 'an attention head', residual: 'a residual stream', direction: 'a direction in a residual stream' } }, of: ({ site }) => site },
    { name: 'mean', definition: { Description: 'Mean activation over the calibration items; of a weight, the weight' }, of: ({ mean }) => mean },
    { name: 'sigma', definition: { Description: 'Standard deviation over the calibration items: what a drive of 1 adds' }, of: ({ sigma }) => sigma },
    { name: 'tag', definition: { Description: 'Number of the ticket on the site' }, of: ({ address }) => tagOf.get(address) },
  ]
}

export const channelColumns: TsvColumn<Channel>[] = [
  { name: 'name', definition: { Description: 'Address of the site, or name of the measure' }, of: ({ name }) => name },
  { name: 'type', definition: { Description: 'SEEG stands for a site inside the network' }, of: ({ type }) => type },
  { name: 'units', definition: { Description: 'Activations have no unit' }, of: ({ units }) => units },
  { name: 'low_cutoff', definition: { Description: 'No filter was applied' }, of: () => undefined },
  { name: 'high_cutoff', definition: { Description: 'No filter was applied' }, of: () => undefined },
  { name: 'description', definition: { Description: 'In words' }, of: ({ description }) => description },
]

export type EventRow = { onset: number, end: number | undefined } & (
  | { trial: EventOf<'trial'>, stimulation: EventOf<'stimulation'> | undefined }
  | { annotation: EventOf<'annotation'> }
)

/** Trials from the onset of their stimulation to its end, and annotations; in the order of their onsets. Both come in that order. */
export function* eventRows(trials: Iterable<TrialSpan>, annotations: readonly EventOf<'annotation'>[]): Generator<EventRow> {
  let next = 0
  for (const row of trials) {
    for (; next < annotations.length && annotations[next]!.from.t < row.onset; next++)
      yield noteRow(annotations[next]!)
    yield row
  }
  for (; next < annotations.length; next++)
    yield noteRow(annotations[next]!)
}

function noteRow(annotation: EventOf<'annotation'>): EventRow {
  return { onset: annotation.from.t, end: annotation.to.t, annotation }
}

type Trial = Extract<EventRow, { trial: unknown }>
const ofTrial = (name: string, definition: TsvColumn<EventRow>['definition'], of: (row: Trial) => string | number | boolean | undefined): TsvColumn<EventRow> => ({ name, definition, of: row => 'trial' in row ? of(row) : undefined })
const ofNote = (name: string, definition: TsvColumn<EventRow>['definition'], of: (row: EventOf<'annotation'>) => string | undefined): TsvColumn<EventRow> => ({ name, definition, of: row => 'annotation' in row ? of(row.annotation) : undefined })

const joined = (values: (string | number | undefined)[]): string | undefined => values.every(value => value === undefined) ? undefined : values.map(value => value ?? 'n/a').join('; ')

export const eventColumns: TsvColumn<EventRow>[] = [
  { name: 'onset', definition: { Description: 'When it began, since the first sample', ...seconds }, of: ({ onset }) => secondsText(onset) },
  { name: 'duration', definition: { Description: 'How long it lasted; n/a where the recording ends before it does', ...seconds }, of: ({ onset, end }) => end === undefined ? undefined : secondsText(end - onset) },
  { name: 'trial_type', definition: { Description: 'What it is', Levels: { stimulation: 'items presented under a stimulation', sham: 'the same at zero strength', annotation: 'a note of a rater' } }, of: row => 'annotation' in row ? 'annotation' : row.trial.sham ? 'sham' : 'stimulation' },
  ofTrial('electrical_stimulation_type', { Description: 'Operation on each site, joined by "; ". There is no current: it is the counterpart of one', Levels: { gate: 'the site is multiplied, 0 inhibits, above 1 stimulates', drive: 'a number of standard deviations is added', clamp: 'the site is set to a value', noise: 'noise is added', patch: 'the value of the counterfactual item' } }, ({ stimulation }) => joined(stimulation?.interventions.map(({ op }) => op) ?? [])),
  ofTrial('electrical_stimulation_site', { Description: 'Address of each site stimulated, joined by "; "; see electrodes' }, ({ stimulation }) => joined(stimulation?.interventions.map(({ site }) => site) ?? [])),
  ofTrial('electrical_stimulation_current', { Description: 'Strength at each site, joined by "; ", in the terms of the operation; not amperes' }, ({ stimulation }) => joined(stimulation?.interventions.map(strengthOf) ?? [])),
  ofTrial('electrical_stimulation_baseline', { Description: 'What each gated site falls back to, joined by "; "' }, ({ stimulation }) => joined(stimulation?.interventions.map(baselineOf) ?? [])),
  ofTrial('item', { Description: 'Index of the item shown, in the data set' }, ({ trial }) => trial.focus),
  ofTrial('target', { Description: 'Right answer, class index' }, ({ trial }) => trial.target),
  ofTrial('response', { Description: 'Answer under stimulation, class index' }, ({ trial }) => trial.response),
  ofTrial('correct', { Description: 'Whether the answer was right', Levels: { true: 'it was', false: 'it was not' } }, ({ trial }) => trial.correct),
  ofTrial('target_log_probability', { Description: 'Of the right answer, nats; n/a where it is not finite' }, ({ trial }) => trial.targetLogProbability),
  ofTrial('margin', { Description: 'Logit of the right answer less that of the best wrong one' }, ({ trial }) => trial.margin),
  ofTrial('effect_loss', { Description: 'Mean over the battery of the paired difference in loss, stimulated less unstimulated, nats' }, ({ trial }) => trial.effects.loss?.mean),
  ofTrial('effect_loss_se', { Description: 'Standard error of effect_loss, nats' }, ({ trial }) => trial.effects.loss?.se),
  ofTrial('effect_items', { Description: 'Items effect_loss is paired over' }, ({ trial }) => trial.effects.loss?.n),
  ofTrial('trial_id', { Description: 'ULID of the trial in the bundle' }, ({ trial }) => trial.trial),
  ofNote('tier', { Description: 'Of an annotation: the track it belongs to' }, ({ tier }) => tier),
  ofNote('term', { Description: 'Of an annotation: code of the controlled vocabulary' }, ({ term }) => term),
  ofNote('text', { Description: 'Of an annotation: free text, with tabs and line ends written as \\t and \\n' }, ({ text }) => text),
  ofNote('rater', { Description: 'Of an annotation: who wrote it' }, ({ author }) => author),
]
