/**
 * A double dissociation: a lesion that takes one task and spares the other, and the reverse. The second is found as the first was, with
 * the tasks' parts changed over; together they are a matrix of accuracy by lesion and task.
 */
import type { FindRequest, FindResult } from '../../../preload/contract/symbiote'

/** The same question with task and reference changed over. */
export function reverseOf(request: FindRequest): FindRequest {
  const [reference, ...others] = request.references
  return { ...request, objective: 'necessary', task: reference, references: [request.task, ...others], certificate: 'fast' }
}

/** The first lesion's result, with the reverse lesion as a row of its matrix. Tasks that neither lesion is aimed at keep their columns. */
export function withReverse(found: FindResult, reverse: FindResult): FindResult {
  const { matrix } = found.certificate
  const other = reverse.certificate.matrix
  if (!matrix || !other) return found
  const [task, reference] = matrix.tasks
  // The reverse has its own target first.
  const [taken, spared, ...rest] = other.accuracy[1]
  return {
    ...found,
    certificate: {
      ...found.certificate,
      matrix: { ...matrix, lesions: ['none', `takes ${task}`, `takes ${reference}`], accuracy: [matrix.accuracy[0], matrix.accuracy[1], [spared, taken, ...rest]] },
    },
  }
}
