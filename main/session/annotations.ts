/** Annotations as events: each change is a new event that supersedes the last, so a removed one can come back. */
import type { AnnotationChange, NewAnnotation } from '../../preload/contract/annotation'
import type { BodyOf, EventOf } from '../../preload/contract/session'
import type { SessionRecorder } from './recorder'
import { UserError } from '../../preload/contract/errors'
import { refuseOutsider, visibleTo } from './blinding'

type Annotation = EventOf<'annotation'>

/** Without `from` it marks the present moment; without `to`, a point. Throws UserErrors: `tier-unknown`, `term-unknown`, `rating-blind`. */
export function addAnnotation(recorder: SessionRecorder, request: NewAnnotation, author: string, step: number): Annotation {
  return addAnnotations(recorder, [{ ...request, author }], step)[0]!
}

/** By one act: all are checked before the first is written. */
export function addAnnotations(recorder: SessionRecorder, requests: readonly (NewAnnotation & { author: string })[], step: number): Annotation[] {
  const edit = requests.length > 1 ? { edit: recorder.newId() } : {}
  const bodies = requests.map(({ from, to, ...rest }) => {
    const start = from ?? { t: recorder.elapsed, step }
    return inOrder({ kind: 'annotation', annotation: recorder.newId(), from: start, to: to ?? start, ...rest, ...edit, removed: false })
  })
  bodies.forEach(body => refuse(recorder, body))
  return bodies.map(body => recorder.append(body, step))
}

/**
 * By one act: all are checked before the first is written, and each change is an event that names the act. Who only
 * removes or restores one does not become its author. Throws UserErrors: `annotation-unknown` (also where it is hidden
 * from this author), `tier-unknown`, `term-unknown`, `rating-blind`.
 */
export function changeAnnotations(recorder: SessionRecorder, changes: readonly AnnotationChange[], author: string, step: number): Annotation[] {
  const edit = changes.length > 1 ? { edit: recorder.newId() } : {}
  const bodies = changes.map(({ annotation, change }) => {
    const { edit: _edit, ...last } = correctionOf(recorder, annotation, author)
    const { removed, ...rest } = change
    const next = { ...last, ...rest, ...(removed === undefined ? {} : { removed }), ...(Object.keys(rest).length > 0 ? { author } : {}), ...edit }
    if (next.term === '')
      delete next.term
    return inOrder(next)
  })
  bodies.forEach((body, i) => {
    if (Object.keys(changes[i]!.change).some(key => key !== 'removed'))
      refuse(recorder, body)
  })
  return bodies.map(body => recorder.append(body, step))
}

/** The last word on it, as a correction of itself. */
function correctionOf(recorder: SessionRecorder, annotation: string, viewer: string): BodyOf<'annotation'> {
  const last = recorder.annotations.last(annotation)
  if (last === undefined || visibleTo([last], recorder.notes.ratings, viewer).length === 0)
    throw new UserError({ code: 'annotation-unknown', message: `There is no annotation ${annotation} in ${recorder.folder}.`, remedy: 'Open the session again to see what it holds.', path: recorder.folder })
  const { id, t: _t, step: _step, ...body } = last
  return { ...body, supersedes: id }
}

function refuse({ notes: { scheme, ratings } }: SessionRecorder, body: BodyOf<'annotation'>): void {
  const tier = scheme.tiers.find(one => one.tier === body.tier)
  if (tier === undefined)
    throw new UserError({ code: 'tier-unknown', message: `There is no tier “${body.tier}”.`, remedy: `Tiers: ${scheme.tiers.map(one => one.tier).join(', ')}.` })
  const terms = scheme.vocabularies.find(one => one.vocabulary === tier.vocabulary)?.terms
  if (body.term !== undefined && !terms?.some(({ code }) => code === body.term))
    throw new UserError({ code: 'term-unknown', message: `Tier “${tier.name}” has no term “${body.term}”.`, remedy: terms === undefined ? 'It holds free text: leave the term out.' : `Terms: ${terms.map(({ code }) => code).join(', ')}.` })
  refuseOutsider(ratings, body)
}

/** A range dragged to the left is the same range. */
function inOrder(body: BodyOf<'annotation'>): BodyOf<'annotation'> {
  return body.from.t <= body.to.t ? body : { ...body, from: body.to, to: body.from }
}
