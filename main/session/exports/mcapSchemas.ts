/**
 * A JSON Schema for each kind of event, made from the contract. Viewers of MCAP know plain types alone, so what may be one of several
 * things is left open: a schema says nothing of it, and the message holds it all the same.
 */
import { z } from 'zod'
import { eventBodySchema } from '../../../preload/contract/session'

type Schema = Record<string, unknown>

/** Of a kind this version does not know: any object. */
export function eventJsonSchema(kind: string): Schema {
  const body = eventBodySchema.options.find(option => option.shape.kind.value === kind)
  const known = body === undefined ? undefined : plain(z.toJSONSchema(body, { unrepresentable: 'any', io: 'input' }) as Schema)
  return {
    type: 'object',
    title: `symbiote.${kind}`,
    description: 'Numbers that JSON has no word for are {"$number": "NaN" | "Infinity" | "-Infinity"}.',
    properties: {
      id: { type: 'string', description: 'ULID of the event' },
      t: { type: 'integer', description: 'nanoseconds since the session began' },
      step: { type: 'integer', description: 'training step of the primary' },
      kind: { type: 'string' },
      ...known?.properties as Schema | undefined,
    },
    required: ['id', 't', 'step', 'kind'],
  }
}

/** Undefined where no plain type says it. */
function plain(schema: Schema): Schema | undefined {
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'integer':
    case 'number':
      return { type: schema.type, ...(typeof schema.description === 'string' ? { description: schema.description } : {}) }
    case 'array': {
      const item = Array.isArray(schema.prefixItems) ? schema.prefixItems[0] as Schema : schema.items as Schema | undefined
      const items = item && plain(item)
      return items && { type: 'array', items }
    }
    case 'object': {
      const properties = Object.entries(schema.properties as Record<string, Schema> | undefined ?? {})
      return { type: 'object', properties: Object.fromEntries(properties.flatMap(([name, value]) => {
        const said = plain(value)
        return said === undefined ? [] : [[name, said]]
      })) }
    }
    default:
      return undefined
  }
}
