/**
 * Annotating: the live recording, else the session open for replay. The session it is compared with is only read. What the
 * screen is given is what the person at the desk may see; who that is, the settings say.
 */
import type { Annotation, AnnotationChange, AnnotationFrame, AnnotationPage, CsvImport, NewAnnotation } from '../../preload/contract/annotation'
import type { RaterAgreement } from '../../preload/contract/rating'
import type { Opened } from '../../preload/contract/timeline'
import type { Scheme } from '../../preload/contract/vocabulary'
import type { AnnotationTables } from '../session/annotationTables'
import type { SessionRecorder } from '../session/recorder'
import type { Recording } from './recording'
import type { Replay } from './replay'
import { UserError } from '../../preload/contract/errors'
import { agreementOf } from '../session/agreement'
import { annotationsFromCsv, annotationsToCsv } from '../session/annotationCsv'
import { addAnnotation, addAnnotations, changeAnnotations } from '../session/annotations'
import { refuseOutsider, visibleTo } from '../session/blinding'
import { beginRating, declareDone, unblindRating } from '../session/ratings'
import { writeScheme } from '../session/scheme'

/** Annotations in one answer: some milliseconds of packing and unpacking. */
const PAGE = 4000

export interface NotesOptions {
  recording: Recording
  replay: Replay
  /** Who sits at the desk. */
  viewer: () => Promise<string>
  /** The primary's step now. */
  step: () => number
}

export class Notes {
  readonly #options: NotesOptions
  /** What the pages of one reading are cut from, so that an edit in between moves none of them. */
  readonly #reading = new Map<Opened, Annotation[]>()

  constructor(options: NotesOptions) {
    this.#options = options
  }

  async frame(of: Opened = 'replayed'): Promise<AnnotationFrame> {
    const { scheme, ratings, annotations } = await this.#known(of)
    const viewer = await this.#options.viewer()
    return { viewer, scheme, ratings, total: visibleTo(annotations.present(), ratings, viewer).length }
  }

  async page(from: number, of: Opened = 'replayed'): Promise<AnnotationPage> {
    const reading = from === 0 ? await this.#visible(of) : this.#reading.get(of) ?? []
    const annotations = reading.slice(from, from + PAGE)
    const next = from + annotations.length
    if (next < reading.length) {
      this.#reading.set(of, reading)
      return { annotations, next }
    }
    this.#reading.delete(of)
    return { annotations }
  }

  async add(request: NewAnnotation): Promise<Annotation> {
    return this.#write((recorder, author, step) => addAnnotation(recorder, request, author, step))
  }

  async change(changes: AnnotationChange[]): Promise<Annotation[]> {
    return this.#write((recorder, author, step) => changeAnnotations(recorder, changes, author, step))
  }

  async saveScheme(scheme: Scheme): Promise<AnnotationFrame> {
    await this.#write((recorder, _author, step) => writeScheme(recorder, scheme, step))
    return this.frame()
  }

  async beginRating(request: { tiers: string[], raters: [string, string] }): Promise<AnnotationFrame> {
    await this.#write((recorder, author, step) => beginRating(recorder, request, author, step))
    return this.frame()
  }

  async declareDone({ rating, done }: { rating: string, done: boolean }): Promise<AnnotationFrame> {
    await this.#write((recorder, author, step) => declareDone(recorder, rating, author, done, step))
    return this.frame()
  }

  async unblind(rating: string): Promise<AnnotationFrame> {
    await this.#write((recorder, author, step) => unblindRating(recorder, rating, author, step))
    return this.frame()
  }

  async agreement({ tier, raters }: { tier: string, raters: [string, string] }): Promise<RaterAgreement> {
    return agreementOf(await this.#known(), tier, raters, this.#options.recording.active ? [] : this.#options.replay.session.trials)
  }

  async importCsv({ csv, goodOnly }: { csv: string, goodOnly: boolean }): Promise<CsvImport> {
    const { recording, replay } = this.#options
    if (recording.active)
      throw new UserError({ code: 'recording', message: 'The session is still being recorded.', remedy: 'Stop the recording, open the session in Replay, and import there.' })
    const { session } = replay
    // What a row may lie in or link to must be known to the end.
    const { ratings, scheme } = await this.#known()
    const author = await this.#options.viewer()
    const { rows, problems } = annotationsFromCsv(csv, {
      scheme,
      end: session.head.duration,
      trials: new Set(session.trials.map(({ trial }) => trial)),
      stepAt: t => session.stepAt(t),
      author,
      refused: (tier, name) => refusalOf(() => {
        refuseOutsider(ratings, { tier, author: name })
        // Nobody writes for the other while both are blind.
        refuseOutsider(ratings.map(rating => ({ ...rating, raters: [author, author] })), { tier, author: name })
      }),
    })
    if (rows.length === 0 || (problems.length > 0 && !goodOnly))
      return { good: rows.length, problems, added: [] }
    return { good: rows.length, problems, added: await this.#write((recorder, _author, step) => addAnnotations(recorder, rows, step)) }
  }

  async exportCsv(): Promise<string> {
    return annotationsToCsv(await this.#visible())
  }

  /**
   * Of the live recording, else of the open session, or of the compared one: known, and who is blind to which, when it has
   * been read to its end. Throws the UserError `no-session` where there is none.
   */
  async #known(of: Opened = 'replayed'): Promise<AnnotationTables> {
    const { recording, replay } = this.#options
    if (recording.active && of === 'replayed')
      return recording.live.notes
    const session = replay.opened(of)
    await session.whole()
    return session.notes
  }

  async #visible(of?: Opened): Promise<Annotation[]> {
    const { annotations, ratings } = await this.#known(of)
    return visibleTo(annotations.present(), ratings, await this.#options.viewer())
  }

  async #write<T>(write: (recorder: SessionRecorder, author: string, step: number) => T): Promise<T> {
    const { recording, replay } = this.#options
    const author = await this.#options.viewer()
    return recording.active ? write(recording.live, author, this.#options.step()) : replay.write(recorder => write(recorder, author, 0))
  }
}

function refusalOf(check: () => void): string | undefined {
  try {
    check()
    return undefined
  }
  catch (error) {
    if (error instanceof UserError)
      return error.message
    throw error
  }
}
