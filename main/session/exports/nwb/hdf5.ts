/** HDF5 as NWB lays it out: every typed thing names its namespace, its type and an id of its own. By `h5wasm`, straight to disk. */
import type { File, Group, GuessableDataTypes, Reference } from 'h5wasm/node'
import { randomUUID } from 'node:crypto'

/** Types of the schema that NWB builds on. */
const COMMON = new Set(['DynamicTable', 'VectorData', 'ElementIdentifiers'])

export type Attributes = Record<string, string | string[] | number | Reference>

/** A file closed when `write` is done. Throws what writing it throws, with the system's code where the disk refused. */
export async function writeHdf5(path: string, write: (file: File) => Promise<void>): Promise<void> {
  // Loaded when asked for: a megabyte of WebAssembly that nothing else needs.
  const { default: h5wasm } = await import('h5wasm/node')
  const library = await h5wasm.ready
  // Otherwise a full disk is pages on stderr, and a file that looks written.
  library.activate_throwing_error_handler()
  try {
    const file = new h5wasm.File(path, 'w')
    try {
      await write(file)
      file.flush()
    }
    catch (error) {
      quietly(() => void file.close())
      throw error
    }
    file.close()
  }
  catch (error) {
    throw refused(error)
  }
  finally {
    library.deactivate_throwing_error_handler()
  }
}

function quietly(close: () => void): void {
  try {
    close()
  }
  catch {
    // What could not be written before cannot be written now.
  }
}

/** The library tells in the last lines of a page what the system said, by a number of its own. */
function refused(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.includes('major:'))
    return error
  const said = /error message = '([^']*)'/.exec(error.message)?.[1] ?? ''
  const code = /No space left/.test(said) ? 'ENOSPC' : /[Qq]uota/.test(said) ? 'EDQUOT' : /too large/i.test(said) ? 'EFBIG' : /[Pp]ermission/.test(said) ? 'EACCES' : 'EIO'
  return Object.assign(new Error(`HDF5: ${said || error.message.split('\n')[0]}`, { cause: error }), { code })
}

/** Whole numbers are int32, others float64. */
export function attributes(of: { create_attribute: Group['create_attribute'] }, values: Attributes): void {
  for (const [name, value] of Object.entries(values)) {
    if (Array.isArray(value))
      of.create_attribute(name, value, [value.length], 'S')
    else
      of.create_attribute(name, value, [], typeof value === 'string' ? 'S' : undefined)
  }
}

export function typed(of: { create_attribute: Group['create_attribute'] }, type: string, values: Attributes = {}): void {
  attributes(of, { namespace: COMMON.has(type) ? 'hdmf-common' : 'core', neurodata_type: type, object_id: randomUUID(), ...values })
}

export function group(parent: Group, name: string, type?: string, values: Attributes = {}): Group {
  const made = parent.create_group(name)
  if (type !== undefined)
    typed(made, type, values)
  return made
}

export function text(parent: Group, name: string, value: string): void {
  parent.create_dataset({ name, data: whole(value), shape: [], dtype: 'S' })
}

/** HDF5 ends a text at its first NUL. */
function whole(value: string): string {
  return value.replaceAll('\0', '\uFFFD')
}

export function texts(parent: Group, name: string, values: string[]): void {
  parent.create_dataset({ name, data: values.map(whole), shape: [values.length], dtype: 'S' })
}

export interface Column { name: string, description: string, data: Float64Array | Float32Array | Int32Array | Int8Array | string[] | Reference[] }

/** A DynamicTable: its columns all of one length, numbered from 0. */
export function table(parent: Group, name: string, type: 'DynamicTable' | 'TimeIntervals', description: string, columns: Column[]): void {
  const made = group(parent, name, type, { colnames: columns.map(column => column.name), description })
  const ids = made.create_dataset({ name: 'id', data: Int32Array.from(columns[0]!.data, (_: unknown, i: number) => i) })
  typed(ids, 'ElementIdentifiers')
  for (const column of columns) {
    const data = column.data as GuessableDataTypes
    const dataset = made.create_dataset({ name: column.name, data, shape: [column.data.length], ...typeof column.data[0] === 'string' ? { dtype: 'S' } : {} })
    typed(dataset, 'VectorData', { description: column.description })
  }
}

interface Series {
  description: string
  unit: string
  data: Float32Array | string[]
  shape: number[]
  /** Seconds since the session began; or, at even times, so many a second from its beginning. */
  times: Float64Array | { rate: number }
}

export function series(parent: Group, name: string, type: 'TimeSeries' | 'AnnotationSeries', { description, unit, data, shape, times }: Series): void {
  const made = group(parent, name, type, { description, comments: 'no comments' })
  const dataset = made.create_dataset({ name: 'data', data, shape, ...Array.isArray(data) ? { dtype: 'S' } : {} })
  dataset.create_attribute('unit', unit, [], 'S')
  // Float32, as the format has it: 1 is no whole number here.
  for (const [key, value] of [['conversion', 1], ['resolution', -1]] as const)
    dataset.create_attribute(key, value, [], '<f')
  if (times instanceof Float64Array) {
    attributes(made.create_dataset({ name: 'timestamps', data: times }), { interval: 1, unit: 'seconds' })
    return
  }
  const start = made.create_dataset({ name: 'starting_time', data: 0, shape: [], dtype: '<d' })
  start.create_attribute('rate', times.rate, [], '<f')
  start.create_attribute('unit', 'seconds', [], 'S')
}
