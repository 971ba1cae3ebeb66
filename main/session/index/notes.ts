/** The words of a session that can be searched for: its annotations and tags as they stand. */
import type { TablesProjection } from '../tables'
import type { Note } from './parts'

export function* notesOf({ notes: { annotations }, tags }: TablesProjection): Generator<Note> {
  for (const { annotation, text, term = '', tier, author, sites } of annotations.present())
    yield { id: annotation, kind: 'annotation', words: [text, term, tier, author, ...sites].join(' ') }
  for (const { tag, number, text, site } of tags.present())
    yield { id: tag, kind: 'tag', words: [String(number), text, site].join(' ') }
}
