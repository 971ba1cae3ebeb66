/** The one contract between the screen and the host: what the screen may call, and what the host tells it. */
import type { Annotation, AnnotationChange, AnnotationFrame, AnnotationPage, CsvImport, NewAnnotation } from './annotation'
import type { ChangedAnswer, Connections, EngineDescription, Measure, Presentation, SiteStatistics } from './engine'
import type { UserErrorData } from './errors'
import type { Exported, ExportFormat, ExportProgress, Imported } from './exports'
import type { InterventionSet } from './intervention'
import type { MappingInfo, MappingMode, MappingTrial } from './mapping'
import type { MappingEvent, MappingNews, MappingSoFar, PlanAnswer, Preset } from './mappingScreen'
import type { MatchAsked, Matched, MatchProgress, OtherCircuit } from './match'
import type { Architecture, PrimaryFile, RecipeName } from './primary'
import type { Protocol } from './protocol'
import type { RaterAgreement } from './rating'
import type { BodyOf, Effect, EventOf, Recovery, SessionState, SessionSummary } from './session'
import type { DoseCurve, DoseRequest, SweepInfo, SweepRequest, Swept } from './sweep'
import type { FindAsked, FindInfo, Found, KeptOnScreen } from './symbiote'
import type { Activity, Opened, SessionHead, TimelineEvent, TimelinePage, Trace } from './timeline'
import type { Scheme } from './vocabulary'

export interface PrimarySummary {
  name: string
  /** Folder, absolute. */
  path: string
  ships: boolean
  parameters: number
  file?: PrimaryFile
  /** Why it cannot be opened, where it cannot. */
  problem?: UserErrorData
  /** A training run that stopped before its end. */
  interrupted?: { step: number, steps: number }
}

export interface PatientInfo {
  name: string
  path: string
  architecture: Architecture
  parameters: number
  weightsSha256: string
  trainedSteps: number
  /** Of one that was put on the table while it trained: the run. */
  training?: string
  dataset: { name: string, items: number, classNames: string[], inputShape: number[] }
  statistics: SiteStatistics
  /** Size of the battery every effect is measured on. */
  battery: number
  /** Accuracy over the battery without stimulation. */
  baselineAccuracy: number
}

export interface RecordingInfo {
  path: string
  title: string
  /** Nanoseconds since it began, when this was sent. */
  elapsed: number
  events: number
  /** Milliseconds since the log was last known to be on disk. */
  savedAgo: number
  problem?: UserErrorData
}

export interface Settings {
  tourSeen: boolean
  theme: 'dark' | 'light' | 'contrast'
  operator: string
}

export interface Hello {
  version: string
  surface: 'desktop' | 'browser'
  settings: Settings
  engine?: EngineDescription
  patient?: PatientInfo
  recording?: RecordingInfo
  training?: TrainingInfo
  /** The find under way, or the last one. */
  find?: FindInfo
  tags: Tag[]
  /** Folder where sessions are kept. */
  sessionsFolder: string
}

export interface Tag {
  tag: string
  number: number
  site: string
  text: string
}

export interface Stimulation {
  stimulation: string
  trial: string
  set: InterventionSet
  before: Presentation
  after: Presentation
  measures: Record<Measure, { before: number, after: number, effect: Effect }>
  changed: ChangedAnswer[]
  changedCount: number
  battery: number
  /** In the engine process, and from command to answer as the host sees it. */
  engineMs: number
  hostMs: number
  /** True when it went into a session. */
  recorded: boolean
}

export interface TrainingInfo {
  run: string
  name: string
  path: string
  state: 'running' | 'paused' | 'finished' | 'cancelled' | 'diverged' | 'failed'
  step: number
  steps: number
  msPerStep: number
  /** [step, loss] and [step, test accuracy]. */
  loss: [number, number][]
  accuracy: [number, number][]
  /** Step of the newest weights that can be put on the table. */
  checkpoint?: number
  metrics?: Record<string, number>
  /** What happened, when something did. */
  message?: string
}

export interface OpenSession {
  summary: SessionSummary
  /** Of what has been read so far: the last page of the timeline brings the whole. */
  head: SessionHead
  recovery?: Recovery
  /** Of the recorded primary; absent where its blobs are lost. */
  statistics?: SiteStatistics
  /** Why it cannot be written to, where it cannot. */
  readOnly?: UserErrorData
}

/** A recorded trial, read back from its blobs. No model is involved. */
export interface RecordedTrial {
  trial: EventOf<'trial'>
  before: Presentation
  after: Presentation
}

export interface VerifyProgress { done: number, total: number }

export type ExecutorChoice = 'auto' | 'wasm' | 'webgpu' | 'tensorflow'

export interface HostFunctions {
  hello: () => Promise<Hello>
  saveSettings: (settings: Partial<Settings>) => Promise<Settings>

  /** Starts the engine anew on another executor, or on the one `auto` finds; refused where it does not start, and while something runs on the present one. */
  useExecutor: (name: ExecutorChoice) => Promise<EngineDescription>

  primaries: () => Promise<PrimarySummary[]>
  /** By the name of one that ships, or a folder. */
  openPatient: (nameOrPath: string) => Promise<PatientInfo>
  /** The primary in training as it was at its newest checkpoint; it trains on. */
  openTraining: () => Promise<PatientInfo>
  present: (item: number) => Promise<Presentation>
  /** An item the primary gets right, or wrong; the next after `from`, wrapping. */
  findItem: (request: { from: number, correct?: boolean, target?: number }) => Promise<number>
  connections: (request: { item: number, perLayer: number, unit?: { layer: number, index: number } }) => Promise<Connections>

  /** Applies the interventions to the focus item and the battery; recorded when a session is. */
  stimulate: (request: { set: InterventionSet, focus: number, replaces?: boolean }) => Promise<Stimulation>
  /** Ends the stimulation that is on. */
  release: (reason: 'released' | 'stopped') => Promise<void>

  /** One effect per site; `items` says how many of the patient's items, from the first on. Progress comes as `sweeping`; a cancelled one has what was finished. */
  sweep: (request: Omit<SweepRequest, 'sweep' | 'items'> & { items: number }) => Promise<Swept>
  /** One site at a ladder of strengths, over the same items as a sweep of that many. */
  dose: (request: Omit<DoseRequest, 'dose' | 'items'> & { items: number }) => Promise<DoseCurve>
  /** Ends the sweep or dose–response run under way. */
  cancelSweep: () => Promise<void>

  /**
   * Trains a symbiote on the patient and judges what it finds on held-out items. `dataset` and `references` by name or folder; left out,
   * the patient's own task. Progress comes as `finding`; a cancelled one has what there was.
   */
  find: (request: FindAsked & { dataset?: string, references: string[] }) => Promise<Found>
  cancelFind: () => Promise<void>
  /** Cancelled finds of the patient, the newest first. */
  keptFinds: () => Promise<KeptOnScreen[]>
  /** Goes on with one of them: it ends as if it had never been cancelled. */
  resumeFind: (find: string) => Promise<Found>
  forgetFind: (find: string) => Promise<void>
  /** Circuits of other primaries that may be laid beside the one of this find: saved, or found in this sitting. */
  otherCircuits: (find: string) => Promise<OtherCircuit[]>
  /** Which site of the other primary does on the same items what a site of the patient's circuit does. Progress comes as `matching`. */
  match: (request: MatchAsked) => Promise<Matched>
  cancelMatch: () => Promise<void>
  /** The last find, or one of the open session, as `circuit.json`, `gates.safetensors` and `certificate.json`; answers where they lie. */
  saveCircuit: (request: { find: string, name: string }) => Promise<{ path: string }>

  protocolPresets: () => Promise<Preset[]>
  /** What a protocol comes to on the patient: sites, trials, time, power, or why it is refused. Records nothing. */
  planMapping: (protocol: Protocol) => Promise<PlanAnswer>
  /**
   * Begins a mapping in the session that is being recorded; refused where none is. `unattended` goes on by itself; in the others each trial
   * is asked for and scored. Progress comes as `mapping` and `mappingEvents`.
   */
  startMapping: (request: { protocol: Protocol, mode: MappingMode }) => Promise<MappingInfo>
  /** The mapping of this sitting, for a screen that comes late; undefined where there is none. */
  mappingSoFar: () => Promise<MappingSoFar | undefined>
  /** The next trial, at a site of the operator's or at the one the protocol has next. Undefined where there is none left: all are made. */
  presentTrial: (request: { site?: string }) => Promise<MappingTrial | undefined>
  /** A human's word on a trial, in a code of the vocabulary `response`. Again, it corrects. */
  scoreTrial: (request: { trial: string, code: string }) => Promise<void>
  pauseMapping: (paused: boolean) => Promise<MappingInfo>
  /** The operator stops everything at once; it stands still until it goes on. */
  interruptMapping: (reason: string) => Promise<MappingInfo>
  /** Ends it with what there is: verdicts on what was tested, and the rest told as not tested. */
  endMapping: (reason: string) => Promise<MappingInfo>
  /** Tells sites and shams. Before the last trial it is early, and recorded as that. After it, it ends the mapping. */
  unblindMapping: (reason: string) => Promise<MappingInfo>

  addTag: (request: { site: string, text: string }) => Promise<Tag[]>
  changeTag: (request: { tag: string, text: string }) => Promise<Tag[]>
  removeTag: (tag: string) => Promise<Tag[]>
  /** Brings a removed tag back, same number. */
  restoreTag: (tag: string) => Promise<Tag[]>

  train: (request: { recipe: RecipeName, name: string, seed: number, steps?: number, resume?: boolean }) => Promise<TrainingInfo>
  pauseTraining: (paused: boolean) => Promise<void>
  cancelTraining: () => Promise<void>

  startRecording: (request: { title: string, operators: string[] }) => Promise<RecordingInfo>
  stopRecording: () => Promise<SessionSummary>
  /** Units, channels, heads or layers whose activity goes into the session being recorded, from now on; these and no others. Answers those the patient has. */
  monitor: (sites: string[]) => Promise<string[]>
  recordView: (view: Omit<BodyOf<'view'>, 'kind'>) => Promise<void>

  sessions: () => Promise<SessionSummary[]>
  openSession: (path: string) => Promise<OpenSession>
  closeSession: () => Promise<void>
  /** Waits until the log is read that far. */
  stateAt: (t: number) => Promise<SessionState>
  /** The open session's timeline from page 0 on, to the one that is the last. Waits until it is read. */
  timelinePage: (page: number, of?: Opened) => Promise<TimelinePage>
  /** What a stimulation or a trial of the timeline was, by its index. */
  timelineEvent: (request: { kind: TimelineEvent['kind'], index: number, of?: Opened }) => Promise<TimelineEvent>
  /** Activity of a unit, channel, head or layer in trials given by their indices on the timeline, read from what was recorded. */
  activity: (request: { site: string, trials: number[], of?: Opened }) => Promise<Activity>
  /** What was monitored of a site in a stretch of the open session, as extremes in evenly wide stretches of it. */
  trace: (request: { site: string, from: number, to: number, stretches: number, of?: Opened }) => Promise<Trace>
  /** A second session beside the open one, to be read only; it takes the place of an earlier second. */
  openCompared: (path: string) => Promise<OpenSession>
  closeCompared: () => Promise<void>
  recordedTrial: (trial: string) => Promise<RecordedTrial>
  /** Of the open session: the events of its last mapping; none where it holds none. */
  recordedMapping: () => Promise<MappingEvent[]>
  recordedSweep: (sweep: string) => Promise<Swept>
  /** Of the open session; also the last find of this sitting. */
  recordedFind: (find: string) => Promise<Found>
  /** Gates of a `symbiote.gates` event, by the event's id. */
  recordedGates: (event: string) => Promise<Uint8Array>
  recordedMatch: (match: string) => Promise<Matched>
  /** Re-executes every trial and compares output hashes. Progress comes as `verifying`. */
  verify: () => Promise<EventOf<'verification'>>
  /** Class of each trial of the timeline in a re-execution, by its event's id: a byte, its index in TRIAL_CLASSES. Refused where none were stored. */
  recordedClasses: (request: { verification: string, of?: Opened }) => Promise<Uint8Array>
  cancelVerify: () => Promise<void>

  /** While recording: into the live session. While replaying: into the open one. */
  annotate: (request: NewAnnotation) => Promise<Annotation>
  changeAnnotation: (request: { annotation: string, change: Partial<NewAnnotation> }) => Promise<Annotation>
  removeAnnotation: (annotation: string) => Promise<void>
  restoreAnnotation: (annotation: string) => Promise<Annotation>
  /** By one act: all or none of them. */
  changeAnnotations: (changes: AnnotationChange[]) => Promise<Annotation[]>
  /** Of the live recording, else of the open session; or of the one it is compared with. What the person at the desk may see. */
  annotationFrame: (of?: Opened) => Promise<AnnotationFrame>
  /** In no particular order, some thousands at a time, so that nothing waits for a hundred thousand. */
  annotationPage: (from: number, of?: Opened) => Promise<AnnotationPage>
  /** Makes tiers and vocabularies these; refused where a tier with annotations would go. */
  saveScheme: (scheme: Scheme) => Promise<AnnotationFrame>
  /** Rows as annotations. With problems nothing is added, unless `goodOnly`. */
  importAnnotations: (request: { csv: string, goodOnly: boolean }) => Promise<CsvImport>
  /** Those the person at the desk may see, as CSV. */
  exportAnnotations: () => Promise<string>

  /** Two raters who do not see each other's annotations on these tiers until both are done or they are unblinded. */
  beginRating: (request: { tiers: string[], raters: [string, string] }) => Promise<AnnotationFrame>
  /** The person at the desk is done, or is not after all. */
  declareDone: (request: { rating: string, done: boolean }) => Promise<AnnotationFrame>
  unblindRating: (rating: string) => Promise<AnnotationFrame>
  raterAgreement: (request: { tier: string, raters: [string, string] }) => Promise<RaterAgreement>

  /** Writes a session for others to read, into a folder under a name that is free. Progress comes as `exporting`. */
  exportSession: (request: { path: string, to: ExportFormat, folder?: string, withPrimary?: boolean }) => Promise<Exported>
  /** Takes a bundle into the library. Progress comes as `exporting`. */
  importSession: (file: string) => Promise<Imported>
  cancelExport: () => Promise<void>

  /** A folder (of `bundle`: a file) chosen in the system's dialog; undefined when cancelled or where there is no dialog. */
  chooseFolder: (purpose: 'primary' | 'circuit' | 'session' | 'dataset' | 'export' | 'bundle') => Promise<string | undefined>
}

export type EngineState
  = | { state: 'starting' }
    | { state: 'ready', engine: EngineDescription }
    | { state: 'lost', message: string, restartInMs: number }
    | { state: 'failed', error: UserErrorData }

export interface ViewFunctions {
  engine: (state: EngineState) => void
  training: (info: TrainingInfo) => void
  recording: (info: RecordingInfo | undefined) => void
  sweeping: (info: SweepInfo) => void
  /** `gates` as in `FindProgress`, a few times a second while it trains. */
  finding: (info: FindInfo, gates?: Uint8Array) => void
  matching: (progress: MatchProgress) => void
  mapping: (info: MappingInfo) => void
  /** In order; those held back from a blind screen come at once when it is unblinded. */
  mappingEvents: (events: MappingNews[]) => void
  verifying: (progress: VerifyProgress) => void
  /** The log of the open session is not what its index was made from: it is to be opened again. */
  sessionDiffers: (path: string) => void
  exporting: (progress: ExportProgress) => void
  /** A menu item was chosen; the id is a command of the registry. */
  command: (id: string) => void
  /** Another window took the workstation over. */
  replaced: () => void
}
