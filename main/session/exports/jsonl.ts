/**
 * JSON lines: every event as it was recorded, in order, one object a line, corrections and removed things among them. Kinds of events that
 * this version does not know are written like the others. NaN and infinities, which JSON lacks, are `{"$number":"NaN"}`.
 */
import type { ExportContext } from './context'
import { eventToJson } from '../eventJson'
import { writeOutput } from './output'

export async function writeJsonLines(context: ExportContext, path: string): Promise<void> {
  await writeOutput(path, async (output) => {
    for await (const events of context.batches()) {
      for (const event of events)
        output.text(`${eventToJson(event)}\n`)
      await output.drain()
    }
  })
}
