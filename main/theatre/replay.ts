/** The session opened for replay: its timeline, its blobs as trials, and the recorder that takes annotations made later. Beside it another, to compare with, which is only read. */
import type { Presentation, SiteStatistics } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import type { OpenSession, RecordedTrial } from '../../preload/contract/rpc'
import type { EventOf, SessionState } from '../../preload/contract/session'
import type { Activity, Opened, SessionHead, TimelineEvent, TimelinePage, Trace } from '../../preload/contract/timeline'
import { UserError } from '../../preload/contract/errors'
import { layoutOf } from '../../preload/contract/layout'
import { classesOf } from '../../preload/contract/primary'
import { divided, floatsOf } from '../lib/floats'
import { argmax, softmax } from '../lib/logits'
import { visibleTo } from '../session/blinding'
import { SessionReader } from '../session/reader'
import { SessionRecorder } from '../session/recorder'
import { ActivityReader } from './activity'
import { readTrace } from './trace'

/** How long after opening a log is checked behind its index: what was opened is to be seen first, ms. */
const CHECK_AFTER = 3000

export class Replay {
  readonly #appVersion: string
  readonly #differs: (path: string) => void
  #reader: SessionReader | undefined
  #compared: SessionReader | undefined
  readonly #activity = new ActivityReader()
  #recorder: SessionRecorder | undefined
  /** Under way where two things are added at once. */
  #taking: Promise<SessionRecorder> | undefined

  /** `differs` is told when the log of the open session turns out not to be what its index was made from: it must be opened again. */
  constructor(appVersion: string, differs: (path: string) => void = () => {}) {
    this.#appVersion = appVersion
    this.#differs = differs
  }

  get session(): SessionReader {
    if (!this.#reader) throw noSession()
    return this.#reader
  }

  get active(): boolean {
    return this.#reader !== undefined
  }

  /** As soon as its beginning is read; the rest follows page by page. */
  async open(path: string): Promise<OpenSession> {
    const reader = await SessionReader.begin(path)
    this.close()
    this.#reader = reader
    setTimeout(() => void this.#check(reader), CHECK_AFTER).unref()
    return openingOf(reader)
  }

  /** Beside the open one. The same session twice is allowed: its beginning and its end are then compared. */
  async openCompared(path: string): Promise<OpenSession> {
    const { session } = this
    const reader = await SessionReader.begin(path)
    // Closed while this was being read.
    if (this.#reader !== session) throw noSession()
    this.#compared = reader
    return openingOf(reader)
  }

  closeCompared(): void {
    this.#compared = undefined
  }

  /** Throws the UserError `no-session`. */
  opened(of: Opened = 'replayed'): SessionReader {
    if (of === 'replayed') return this.session
    if (!this.#compared) throw new UserError({ code: 'no-session', message: 'No session is open to compare with.', remedy: 'Choose one with “compare with”.' })
    return this.#compared
  }

  async #check(reader: SessionReader): Promise<void> {
    // A session that was closed, or a log that cannot be read any more: nothing to tell here.
    const same = this.#reader !== reader || await reader.check().catch(() => true)
    if (!same && this.#reader === reader)
      this.#differs(reader.folder)
  }

  close(): void {
    this.#recorder?.close('closed')
    this.#recorder = undefined
    this.#reader = undefined
    this.#compared = undefined
  }

  async stateAt(t: number): Promise<SessionState> {
    const { session } = this
    await session.reach(t)
    return session.stateAt(t)
  }

  async page(page: number, of?: Opened): Promise<TimelinePage> {
    const session = this.opened(of)
    const found = await session.page(page)
    if (!found) throw new UserError({ code: 'page-unknown', message: `The timeline has no page ${page}.`, remedy: 'Open the session again to see what it holds.', path: session.folder })
    return found.last ? { ...found, last: forAnyone(session) } : found
  }

  event({ kind, index, of }: { kind: TimelineEvent['kind'], index: number, of?: Opened | undefined }): TimelineEvent {
    const session = this.opened(of)
    const found = session.event(kind, index)
    if (!found) throw new UserError({ code: 'event-unknown', message: `The timeline has no ${kind} ${index}.`, remedy: 'Open the session again to see what it holds.', path: session.folder })
    return found.kind === 'trial' ? { ...found, ...answerBefore(session, found) } : found
  }

  /** Activity of a site in trials by their indices; NaN where a trial or a blob is lost. Throws `site-unknown` and the like. */
  async activity({ site, trials, of }: { site: string, trials: number[], of?: Opened | undefined }): Promise<Activity> {
    return this.#activity.read(this.opened(of), site, trials)
  }

  /** What was monitored of a site between two moments; NaN where nothing was. */
  async trace({ of, ...asked }: { site: string, from: number, to: number, stretches: number, of?: Opened | undefined }): Promise<Trace> {
    return readTrace(this.opened(of), asked)
  }

  /** A trial from its blobs alone; probabilities are the softmax of the recorded logits. */
  trial(id: string): RecordedTrial {
    const { session } = this
    const trial = session.trial(id)
    if (!trial) throw new UserError({ code: 'trial-unknown', message: `There is no trial ${id} in this session.`, remedy: 'Open the session again to see what it holds.', path: session.folder })
    const architecture = architectureAt(session, trial)
    const input = floatsOf(session.blob(trial.input))
    const side = (blob: string): Presentation => presentationOf(trial, architecture, input, floatsOf(session.blob(blob)))
    return { trial, before: side(trial.pairedActivations), after: side(trial.activations) }
  }

  /** Class of each trial in a re-execution, by the event's id: its index in TRIAL_CLASSES, in the order of the timeline. */
  classes(verification: string, of?: Opened): Uint8Array {
    const session = this.opened(of)
    const found = session.head.verifications.find(({ id }) => id === verification)
    if (!found) throw new UserError({ code: 'verification-unknown', message: `There is no re-execution ${verification} in this session.`, remedy: 'Open the session again to see what it holds.', path: session.folder })
    if (found.perTrial === undefined) throw new UserError({ code: 'classes-missing', message: 'This re-execution was stored by an earlier version, which kept no class for each trial.', remedy: 'Verify the session again.', path: session.folder })
    return session.blob(found.perTrial)
  }

  /** With the session's recorder, taken when something is first added: opening a session writes nothing. What it appends is in the head already shown. */
  async write<T>(write: (recorder: SessionRecorder) => T): Promise<T> {
    return write(this.#recorder ?? await (this.#taking ??= this.#take().finally(() => { this.#taking = undefined })))
  }

  async #take(): Promise<SessionRecorder> {
    const { session } = this
    await session.whole()
    const recorder = await SessionRecorder.reopen(session.folder, { appVersion: this.#appVersion, onAppended: event => session.apply(event) })
    if (this.#reader === session)
      return this.#recorder = recorder
    recorder.close('closed')
    throw new UserError({ code: 'no-session', message: 'The session was closed meanwhile.', remedy: 'Open it again; nothing was added to it.', path: session.folder })
  }
}

/** What two rate blind is shown to nobody in passing: the screen asks for annotations by themselves, as somebody. */
function forAnyone({ head, notes }: SessionReader): SessionHead {
  return { ...head, annotations: visibleTo(head.annotations, notes.ratings, '') }
}

function noSession(): UserError {
  return new UserError({ code: 'no-session', message: 'No session is open.', remedy: 'Open one from the library.' })
}

function openingOf(reader: SessionReader): OpenSession {
  const { summary: { annotations: _, ...rest }, recovery, readOnly } = reader
  const head = forAnyone(reader)
  const summary = { ...rest, annotations: head.annotations.length }
  const statistics = statisticsOf(reader)
  return { head, summary, ...(recovery ? { recovery } : {}), ...(statistics ? { statistics } : {}), ...(readOnly ? { readOnly } : {}) }
}

/** What the shown item was answered without the stimulation: the first row of the unstimulated logits. */
function answerBefore(session: SessionReader, trial: EventOf<'trial'>): { before?: number } {
  try {
    const classes = classesOf(architectureAt(session, trial))
    return { before: argmax(floatsOf(session.blob(trial.pairedOutputs)).subarray(0, classes)) }
  }
  catch (error) {
    if (error instanceof UserError) return {}
    throw error
  }
}

/** The architecture of the primary that was on the table at a trial. */
function architectureAt({ head, folder }: SessionReader, trial: EventOf<'trial'>): Architecture {
  const provenance = head.provenance.filter(event => event.t <= trial.t).at(-1)
  if (!provenance) throw new UserError({ code: 'session-incomplete', message: 'The session does not say which primary it was recorded on.', remedy: 'The log was damaged; annotations and tags can still be read.', path: folder })
  return provenance.primary.architecture
}

/** Undefined where they are lost: the session can be played all the same, without colours in σ. */
function statisticsOf(session: SessionReader): SiteStatistics | undefined {
  const provenance = session.head.provenance.at(-1)
  if (!provenance) return undefined
  const { statistics: { items, mean, sigma }, primary: { architecture } } = provenance
  try {
    const layers = (blob: string): Float32Array[] => divided(floatsOf(session.blob(blob)), sheetSizes(architecture))
    return { items, mean: layers(mean), sigma: layers(sigma) }
  }
  catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}

/** Sites of every sheet after the input: how activations and statistics are divided. */
function sheetSizes(architecture: Architecture): number[] {
  return layoutOf(architecture).sheets.slice(1).map(({ size }) => size)
}

function presentationOf({ focus, target }: EventOf<'trial'>, architecture: Architecture, input: Float32Array, all: Float32Array): Presentation {
  const activations = divided(all, sheetSizes(architecture))
  return { item: focus, target, input, activations, probabilities: softmax(activations[activations.length - 1]) }
}
