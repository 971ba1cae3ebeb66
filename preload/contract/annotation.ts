/** What the screen asks and is told about annotations. The events themselves are in `session.ts`. */
import type { Rating } from './rating'
import type { EventOf, Moment } from './session'
import type { Scheme } from './vocabulary'

export type Annotation = EventOf<'annotation'>

export interface NewAnnotation {
  /** Omit both to mark the present moment of a recording. */
  from?: Moment
  to?: Moment
  tier: string
  term?: string
  text: string
  sites: string[]
  trials: string[]
  /** Annotations it decides between. */
  settles?: string[]
}

export interface AnnotationChange {
  annotation: string
  /** An empty term takes it away. */
  change: Partial<NewAnnotation> & { removed?: boolean }
}

/** What frames the annotations of the live recording, or of the open session, for the person at the desk. */
export interface AnnotationFrame {
  /** Who that is: the operator of the settings. */
  viewer: string
  scheme: Scheme
  ratings: Rating[]
  /** How many annotations this person may see. */
  total: number
}

export interface AnnotationPage {
  annotations: Annotation[]
  /** Where the next one begins; undefined after the last. */
  next?: number
}

/** A row of a CSV file that cannot be an annotation. */
export interface CsvProblem {
  /** Of the file, the header being 1. */
  line: number
  column?: string
  message: string
}

export interface CsvImport {
  /** Rows that are, or would be, annotations. */
  good: number
  problems: CsvProblem[]
  /** What was added: nothing where there are problems and the good rows alone were not asked for. */
  added: Annotation[]
}
