/** The tables of a CSV export: their columns, and what each column means. Written out as `columns.csv` too. */
import type { Intervention } from '../../../preload/contract/intervention'
import type { Effect, EventOf, SessionEvent } from '../../../preload/contract/session'
import type { Cell } from './csvText'
import { toJson } from '../eventJson'
import { secondsText } from './csvText'
import { baselineOf, interventionsText, strengthOf } from './rows'

export interface Column<Row> {
  name: string
  /** What it means, with its unit. */
  about: string
  of: (row: Row) => Cell
}

export interface Table<Row> {
  name: string
  about: string
  columns: Column<Row>[]
}

type Stamp = Pick<SessionEvent, 't' | 'step'>

const time = { name: 'time_s', about: 'when, seconds since the session began; nine decimals, nothing is rounded', of: ({ t }: Stamp) => secondsText(t) }
const step = { name: 'step', about: 'the primary\'s own training step at that time', of: (row: Stamp) => row.step }

/** A column by the name of a property that is a plain value. */
function plain<Row>(name: keyof Row & string, about: string): Column<Row> {
  return { name: snake(name), about, of: row => row[name] as Cell }
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

const list = (items: readonly unknown[]): string => items.join(' ')

type Started = EventOf<'session.started'>
export interface Fact { field: string, value: Cell, about: string }
export const session: Table<Fact> = {
  name: 'session',
  about: 'the session as a whole, a fact a row',
  columns: [plain('field', 'name of the fact'), plain('value', 'the fact'), plain('about', 'what the fact means')],
}

export function factsOf(started: Started, rest: { ended: EventOf<'session.ended'> | undefined, duration: number, events: number, exporter: string }): Fact[] {
  return [
    { field: 'session', value: started.id, about: 'id of the session, a ULID' },
    { field: 'title', value: started.title, about: 'as its operators named it' },
    { field: 'operators', value: started.operators.join('; '), about: 'who recorded it' },
    { field: 'started_at', value: started.startedAt, about: 'UTC, ISO 8601' },
    { field: 'duration_s', value: secondsText(rest.duration), about: 'from the beginning to the last event of the recording' },
    { field: 'end_reason', value: rest.ended?.reason, about: 'closed, crash or recovered; empty where the recording has no end' },
    { field: 'events', value: rest.events, about: 'without keyframes and seals' },
    { field: 'format', value: started.format, about: 'of the recording' },
    { field: 'app_version', value: started.appVersion, about: 'that recorded it' },
    { field: 'root_seed', value: started.rootSeed, about: 'every random number of the session comes from it' },
    { field: 'exporter', value: rest.exporter, about: 'that wrote these tables' },
  ]
}

export const provenance: Table<EventOf<'provenance'>> = {
  name: 'provenance',
  about: 'what the session was recorded on, a row each time it changed',
  columns: [
    time,
    { name: 'primary', about: 'name of the primary', of: ({ primary }) => primary.name },
    { name: 'architecture', about: 'JSON', of: ({ primary }) => toJson(primary.architecture) },
    { name: 'weights_sha256', about: 'of the weights file', of: ({ primary }) => primary.weightsSha256 },
    { name: 'weights_bytes', about: 'size of the weights file', of: ({ primary }) => primary.weightsBytes },
    { name: 'trained_steps', about: 'training steps of the primary', of: ({ primary }) => primary.step },
    { name: 'dataset', about: 'name of the data set', of: ({ dataset }) => dataset.name },
    { name: 'dataset_sha256', about: 'of the data set', of: ({ dataset }) => dataset.sha256 },
    { name: 'dataset_items', about: 'items of the data set that could be presented', of: ({ dataset }) => dataset.items },
    { name: 'class_names', about: 'names of the answers, joined by "; ", the first is class 0', of: ({ dataset }) => dataset.classNames.join('; ') },
    { name: 'executor', about: 'what ran the arithmetic', of: ({ engine }) => engine.executor },
    { name: 'device', about: 'what it ran on', of: ({ engine }) => engine.device },
    { name: 'threads', about: 'threads of the executor', of: ({ engine }) => engine.threads },
    { name: 'versions', about: 'JSON: libraries and their versions', of: ({ engine }) => toJson(engine.versions) },
    { name: 'os', about: 'operating system', of: ({ host }) => host.os },
    { name: 'node', about: 'version of Node', of: ({ host }) => host.node },
    { name: 'lock_sha256', about: 'of the file that pins every library, where it was known', of: ({ host }) => host.lockSha256 },
  ],
}

export const batteries: Table<EventOf<'battery'>> = {
  name: 'batteries',
  about: 'the items that every effect is measured on',
  columns: [time, plain('battery', 'id of the battery'), plain('seed', 'the items were drawn with it'), { name: 'items', about: 'indices in the data set, joined by spaces', of: ({ items }) => list(items) }],
}

export const sites: Table<EventOf<'site'>> = {
  name: 'sites',
  about: 'each site that was named, once',
  columns: [
    plain('address', 'the site'),
    plain('site', 'kind: unit, weight, layer, edge, channel, head, residual, direction'),
    plain('size', 'how many scalars it holds'),
    { name: 'x', about: 'place in the scene, scene units, from input to output', of: ({ position }) => position[0] },
    { name: 'y', about: 'place in the scene, scene units, up', of: ({ position }) => position[1] },
    { name: 'z', about: 'place in the scene, scene units', of: ({ position }) => position[2] },
    plain('mean', 'mean activation over the calibration items; of a weight, the weight'),
    plain('sigma', 'standard deviation over the calibration items: what a drive of 1 adds'),
  ],
}

export interface InterventionRow { event: EventOf<'stimulation'>, off?: EventOf<'stimulation.off'>, order: number, intervention: Intervention | undefined }
export const stimulations: Table<InterventionRow> = {
  name: 'stimulations',
  about: 'a row for every intervention of every stimulation, in the order the stimulations ended',
  columns: [
    { name: 'stimulation', about: 'id of the stimulation', of: ({ event }) => event.stimulation },
    { name: 'onset_s', about: 'when it began, seconds since the session began', of: ({ event }) => secondsText(event.t) },
    { name: 'offset_s', about: 'when it ended; empty where the recording stops before it does', of: ({ off }) => off && secondsText(off.t) },
    { name: 'onset_step', about: 'the primary\'s step when it began', of: ({ event }) => event.step },
    { name: 'end_reason', about: 'released, replaced (by the next notch of a drag), stopped, engine-lost', of: ({ off }) => off?.reason },
    { name: 'order', about: 'of the intervention within the stimulation, from 0: they apply in this order', of: row => row.order },
    { name: 'site', about: 'address', of: ({ intervention }) => intervention?.site },
    { name: 'operation', about: 'gate, drive, clamp, noise or patch; empty for a stimulation of nothing', of: ({ intervention }) => intervention?.op },
    { name: 'strength', about: 'gate: 0 inhibits, 1 leaves, above 1 stimulates; drive and noise: in σ of the site; clamp: the value', of: ({ intervention }) => intervention && strengthOf(intervention) },
    { name: 'baseline', about: 'what an inhibited site falls back to', of: ({ intervention }) => intervention && baselineOf(intervention) },
    { name: 'noise_seed', about: 'of noise', of: ({ intervention }) => intervention?.op === 'noise' ? intervention.seed : undefined },
    { name: 'compose', about: 'whether several interventions on one site were allowed', of: ({ event }) => event.compose },
    { name: 'sham', about: 'true: zero strength through the whole path', of: ({ event }) => event.sham },
    { name: 'dose_cap', about: 'largest |strength| allowed, where there was a cap', of: ({ event }) => event.doseCap },
  ],
}

export interface TrialRow { trial: EventOf<'trial'>, stimulation: EventOf<'stimulation'> | undefined }
export const trials: Table<TrialRow> = {
  name: 'trials',
  about: 'one presentation of items under a stimulation each',
  columns: [
    { name: 'trial', about: 'id of the trial', of: ({ trial }) => trial.trial },
    { name: 'time_s', about: time.about, of: ({ trial }) => secondsText(trial.t) },
    { name: 'step', about: step.about, of: ({ trial }) => trial.step },
    { name: 'stimulation', about: 'id: see stimulations', of: ({ trial }) => trial.stimulation },
    { name: 'interventions', about: 'what was done, in words, joined by "; "', of: ({ stimulation }) => stimulation && interventionsText(stimulation.interventions) },
    { name: 'sham', about: 'true: zero strength through the whole path', of: ({ trial }) => trial.sham },
    { name: 'item', about: 'index of the item shown', of: ({ trial }) => trial.focus },
    { name: 'target', about: 'right answer, class index', of: ({ trial }) => trial.target },
    { name: 'response', about: 'answer under stimulation, class index', of: ({ trial }) => trial.response },
    { name: 'correct', about: 'whether they are the same', of: ({ trial }) => trial.correct },
    { name: 'target_log_probability', about: 'of the right answer, nats', of: ({ trial }) => trial.targetLogProbability },
    { name: 'margin', about: 'logit of the right answer less that of the best wrong one', of: ({ trial }) => trial.margin },
    { name: 'latency_ms', about: 'of the instrument, milliseconds', of: ({ trial }) => trial.latencyMs },
    { name: 'changed', about: 'answers over the battery that are not those without stimulation', of: ({ trial }) => trial.changed },
    { name: 'battery', about: 'id: see batteries', of: ({ trial }) => trial.battery },
    { name: 'outputs_sha256', about: 'of the float32 logits, item shown first, then the battery; also the name of their blob in the session', of: ({ trial }) => trial.outputs },
    { name: 'paired_outputs_sha256', about: 'the same without stimulation', of: ({ trial }) => trial.pairedOutputs },
  ],
}

export interface EffectRow { trial: EventOf<'trial'>, measure: string, effect: Effect }
export const effects: Table<EffectRow> = {
  name: 'effects',
  about: 'a row for every measure of every trial: stimulated less unstimulated, paired over the battery',
  columns: [
    { name: 'trial', about: 'id: see trials', of: ({ trial }) => trial.trial },
    plain('measure', 'loss and targetLogProbability in nats, accuracy and agreement as shares, margin in logits, kl in nats'),
    { name: 'mean', about: 'mean of the paired differences', of: ({ effect }) => effect.mean },
    { name: 'se', about: 'its standard error', of: ({ effect }) => effect.se },
    { name: 'n', about: 'items', of: ({ effect }) => effect.n },
  ],
}

export const tags: Table<EventOf<'tag'>> = {
  name: 'tags',
  about: 'numbered markers as they stood in the end; removed ones are left out, earlier wordings are in the JSON lines',
  columns: [plain('number', 'on the ticket'), plain('site', 'address'), plain('text', 'note'), time, plain('tag', 'id of the tag')],
}

export const annotations: Table<EventOf<'annotation'>> = {
  name: 'annotations',
  about: 'notes as they stood in the end; removed ones are left out, earlier wordings are in the JSON lines',
  columns: [
    { name: 'from_s', about: 'begin, seconds since the session began', of: ({ from }) => secondsText(from.t) },
    { name: 'to_s', about: 'end; equal to the begin for a point', of: ({ to }) => secondsText(to.t) },
    { name: 'from_step', about: 'begin, the primary\'s step', of: ({ from }) => from.step },
    { name: 'to_step', about: 'end, the primary\'s step', of: ({ to }) => to.step },
    plain('tier', 'track it belongs to'),
    plain('term', 'of the controlled vocabulary, where one was chosen'),
    plain('text', 'free text'),
    plain('author', 'who wrote it'),
    { name: 'sites', about: 'addresses it is linked to, joined by "; "', of: row => row.sites.join('; ') },
    { name: 'trials', about: 'ids of trials it is linked to, joined by spaces', of: row => list(row.trials) },
    plain('annotation', 'id of the annotation'),
  ],
}

export const views: Table<EventOf<'view'>> = {
  name: 'views',
  about: 'where the camera stood and what was selected, on change',
  columns: [
    time,
    ...(['position', 'target'] as const).flatMap(what => ['x', 'y', 'z'].map((axis, i): Column<EventOf<'view'>> => ({ name: `${what}_${axis}`, about: `${what === 'position' ? 'of the camera' : 'it looks at'}, scene units`, of: view => view[what][i] }))),
    plain('selection', 'address of the selected site'),
  ],
}

export const training: Table<EventOf<'training'>> = {
  name: 'training',
  about: 'a primary that was trained beside the session',
  columns: [time, plain('run', 'id of the run'), plain('state', 'what happened'), plain('step', 'of the primary being trained'), plain('loss', 'training loss, nats'), plain('accuracy', 'test accuracy, a share')],
}

export interface SampleRow { t: number, site: string, value: number }
export const signals: Table<SampleRow> = {
  name: 'signals',
  about: 'activity of the sites that were monitored, evenly sampled; a value holds until the next',
  columns: [
    { name: 'time_s', about: 'of the sample, seconds since the session began; nine decimals, nothing is rounded', of: ({ t }) => secondsText(t) },
    plain('site', 'address'),
    plain('value', 'activity for the item shown, with the stimulation while one was on; of a layer, the root of its mean square; NaN where nothing was shown yet'),
  ],
}

export const instrument: Table<EventOf<'instrument'>> = {
  name: 'instrument',
  about: 'what happened to the instrument itself',
  columns: [time, plain('what', 'engine-lost, engine-restarted, engine-failed, clock'), plain('message', 'in words')],
}

export const verifications: Table<EventOf<'verification'>> = {
  name: 'verifications',
  about: 'every re-execution of the session, and how it compared',
  columns: [
    time,
    plain('executor', 'that re-executed it'),
    plain('device', 'it ran on'),
    plain('trials', 'that were re-executed'),
    ...(['bit-exact', 'ulp', 'same-decision', 'different'] as const).map((name): Column<EventOf<'verification'>> => ({ name: snake(name.replace('-', '_')), about: `trials of the class ${name}`, of: ({ classes }) => classes[name] })),
    plain('maxUlp', 'largest difference, units in the last place'),
    { name: 'first_departure', about: 'id of the first trial that departs, where one does', of: ({ firstDeparture }) => firstDeparture?.trial },
  ],
}

export const sweeps: Table<EventOf<'sweep'>> = {
  name: 'sweeps',
  about: 'one effect per site for a set of sites; the effects themselves are in sweep_effects',
  columns: [
    time,
    plain('sweep', 'id of the sweep'),
    plain('measure', 'what the effects are of'),
    plain('method', 'exact and slow give the effect; attribution and integrated estimate it'),
    { name: 'operation', about: 'what was done to every site, JSON', of: ({ operation }) => toJson(operation) },
    plain('state', 'finished or cancelled'),
    plain('items', 'every effect is paired over'),
    plain('sites', 'asked for'),
    plain('done', 'sites that have an effect'),
    { name: 'baseline', about: 'measures of the unstimulated primary over the same items, JSON', of: ({ baseline }) => toJson(baseline) },
    plain('seconds', 'it took'),
    { name: 'disagreement_rank', about: 'of an estimate: rank correlation with exact effects on a sample', of: ({ disagreement }) => disagreement?.rank },
    { name: 'disagreement_max', about: 'of an estimate: largest |estimate − exact| on that sample', of: ({ disagreement }) => disagreement?.maxError },
  ],
}

export interface SweepEffectRow { sweep: string, address: string, effect: number, se: number }
export const sweepEffects: Table<SweepEffectRow> = {
  name: 'sweep_effects',
  about: 'a row for every site of every sweep',
  columns: [plain('sweep', 'id: see sweeps'), plain('address', 'the site'), plain('effect', 'mean of the paired differences; NaN where a cancel came first'), plain('se', 'its standard error')],
}

export const finds: Table<EventOf<'symbiote'>> = {
  name: 'finds',
  about: 'symbiotes at work: a row when one begins and when it is over',
  columns: [
    time,
    plain('find', 'id of the find'),
    plain('state', 'running, finished, cancelled, failed'),
    { name: 'objective', about: 'sufficient, necessary, steer or dissociate', of: ({ asked }) => asked.objective },
    { name: 'family', about: 'free, conditioned or reader', of: ({ asked }) => asked.family },
    { name: 'asked', about: 'everything that was asked, JSON', of: ({ asked }) => toJson(asked) },
    { name: 'task', about: 'name of the task', of: ({ task }) => task.name },
    { name: 'candidates', about: 'sites that could be members', of: ({ result }) => result?.sites },
    { name: 'members', about: 'sites of the circuit', of: ({ result }) => result?.members },
    { name: 'certified', about: 'whether it passed its controls', of: ({ result }) => result?.certified },
    { name: 'verdict', about: 'the certificate in a sentence', of: ({ result }) => result?.verdict },
    { name: 'training_s', about: 'seconds it trained', of: ({ result }) => result?.seconds.training },
    { name: 'certificate_s', about: 'seconds its certificate took', of: ({ result }) => result?.seconds.certificate },
    { name: 'problem', about: 'why it failed', of: ({ problem }) => problem?.message },
  ],
}

export interface CandidateRow { find: string, address: string, score: number, member: boolean, membership: number, gate: number }
export const candidates: Table<CandidateRow> = {
  name: 'circuit_sites',
  about: 'a row for every candidate site of every circuit',
  columns: [
    plain('find', 'id: see finds'),
    plain('address', 'the site'),
    plain('score', '0 … 1, larger is more part of the circuit'),
    plain('member', 'whether it is in the circuit'),
    plain('membership', 'share of the seeds that hold it'),
    plain('gate', 'what the site is multiplied with; 1 leaves it'),
  ],
}

export const other: Table<SessionEvent> = {
  name: 'other_events',
  about: 'events of every other kind, whole',
  columns: [plain('id', 'of the event'), time, step, plain('kind', 'of the event'), { name: 'event', about: 'JSON', of: event => toJson(event) }],
}

/** What `columns.csv` says of a column. */
interface ColumnRow { table: string, name: string, about: string, tableAbout: string }

export const columnsOf: Table<ColumnRow> = {
  name: 'columns',
  about: '',
  columns: (['table', 'name', 'about', 'tableAbout'] as const).map((key): Column<ColumnRow> => ({ name: { table: 'table', name: 'column', about: 'meaning', tableAbout: 'table_holds' }[key], about: '', of: row => row[key] })),
}

/** Every table but the one that describes them. */
export const TABLES = {
  session,
  provenance,
  batteries,
  sites,
  stimulations,
  trials,
  effects,
  tags,
  annotations,
  views,
  training,
  signals,
  instrument,
  verifications,
  sweeps,
  sweepEffects,
  finds,
  candidates,
  other,
}
