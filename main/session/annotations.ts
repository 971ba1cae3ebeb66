/** Annotations as events: each change is a new event that supersedes the last, so a removed one can come back. */
import type { NewAnnotation } from '../../preload/contract/rpc'
import type { BodyOf, EventOf } from '../../preload/contract/session'
import type { SessionRecorder } from './recorder'
import { UserError } from '../../preload/contract/errors'

/** Without `from` it marks the present moment; without `to`, a point. */
export function addAnnotation(recorder: SessionRecorder, { from, to, ...rest }: NewAnnotation, author: string, step: number): EventOf<'annotation'> {
  const start = from ?? { t: recorder.elapsed, step }
  return recorder.append(inOrder({ kind: 'annotation', annotation: recorder.newId(), from: start, to: to ?? start, ...rest, author, removed: false }), step)
}

/** Throws the UserError `annotation-unknown`, as do the next two. */
export function changeAnnotation(recorder: SessionRecorder, annotation: string, change: Partial<NewAnnotation>, author: string, step: number): EventOf<'annotation'> {
  return recorder.append(inOrder({ ...correctionOf(recorder, annotation), ...change, author }), step)
}

export function removeAnnotation(recorder: SessionRecorder, annotation: string, step: number): EventOf<'annotation'> {
  return recorder.append({ ...correctionOf(recorder, annotation), removed: true }, step)
}

export function restoreAnnotation(recorder: SessionRecorder, annotation: string, step: number): EventOf<'annotation'> {
  return recorder.append({ ...correctionOf(recorder, annotation), removed: false }, step)
}

/** The last word on it, as a correction of itself. */
function correctionOf(recorder: SessionRecorder, annotation: string): BodyOf<'annotation'> {
  const last = recorder.annotations.last(annotation)
  if (last === undefined)
    throw new UserError({ code: 'annotation-unknown', message: `There is no annotation ${annotation} in ${recorder.folder}.`, remedy: 'Open the session again to see what it holds.', path: recorder.folder })
  const { id, t: _t, step: _step, ...body } = last
  return { ...body, supersedes: id }
}

/** A range dragged to the left is the same range. */
function inOrder(body: BodyOf<'annotation'>): BodyOf<'annotation'> {
  return body.from.t <= body.to.t ? body : { ...body, from: body.to, to: body.from }
}
