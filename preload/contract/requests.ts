/**
 * What the host accepts from a screen: one schema per method, over the tuple of its arguments.
 * A screen is our own code, but it runs where a page runs; nothing reaches a use case unchecked.
 */
import type { HostFunctions } from './rpc'
import { z } from 'zod'
import { UserError } from './errors'
import { exportFormatSchema } from './exports'
import { interventionSetSchema } from './intervention'
import { MAPPING_MODES } from './mapping'
import { RECIPES } from './primary'
import { protocolSchema } from './protocol'
import { momentSchema } from './session'
import { measureSchema, operationSchema, siteSelectionSchema, strengthOperationSchema, sweepMethodSchema } from './sweep'
import { findAskedSchema } from './symbiote'
import { ACTIVITY_TRIALS, OPENED, TRACE_STRETCHES } from './timeline'
import { tierSchema, vocabularySchema } from './vocabulary'

const name = z.string().min(1).max(200)
const path = z.string().min(1).max(4096)
const site = z.string().min(1).max(500)
const id = z.string().min(1).max(64)
/** It names a file. */
const findId = z.string().regex(/^[0-9A-Z]{26}$/, 'it is no id of a find')
/** Room for notes of several pages. */
const text = z.string().max(100_000)
const index = z.int().nonnegative()
const point = z.tuple([z.number(), z.number(), z.number()])

const settings = z.strictObject({
  tourSeen: z.boolean(),
  theme: z.enum(['dark', 'light', 'contrast']),
  operator: z.string().max(200),
})

const annotation = z.strictObject({
  from: momentSchema.optional(),
  to: momentSchema.optional(),
  tier: name,
  term: name.optional(),
  text,
  sites: z.array(site).max(10_000),
  trials: z.array(id).max(10_000),
  settles: z.array(id).max(1000).optional(),
})
/** An empty term takes it away. */
const changed = annotation.partial().extend({ term: z.string().max(200).optional() })
const raters = z.tuple([name, name])

const opened = z.enum(OPENED)

const none = z.tuple([])

type Schemas = { [K in keyof HostFunctions]: z.ZodType<Parameters<HostFunctions[K]>> }

export const requestSchemas = {
  hello: none,
  useExecutor: z.tuple([z.enum(['auto', 'wasm', 'webgpu', 'tensorflow'])]),
  saveSettings: z.tuple([settings.partial()]),

  primaries: none,
  openPatient: z.tuple([path]),
  openTraining: none,
  present: z.tuple([index]),
  findItem: z.tuple([z.strictObject({ from: index, correct: z.boolean().optional(), target: index.optional() })]),
  connections: z.tuple([z.strictObject({
    item: index,
    perLayer: z.int().positive().max(100_000),
    unit: z.strictObject({ layer: index, index }).optional(),
  })]),

  stimulate: z.tuple([z.strictObject({ set: interventionSetSchema, focus: index, replaces: z.boolean().optional() })]),
  release: z.tuple([z.enum(['released', 'stopped'])]),

  sweep: z.tuple([z.strictObject({
    sites: siteSelectionSchema,
    operation: operationSchema,
    measure: measureSchema,
    items: z.int().positive(),
    method: sweepMethodSchema,
    steps: z.int().positive().max(1000).optional(),
  })]),
  dose: z.tuple([z.strictObject({
    site,
    operation: strengthOperationSchema,
    ladder: z.array(z.number()).min(1).max(1000),
    measure: measureSchema,
    items: z.int().positive(),
    seed: index,
  })]),
  cancelSweep: none,

  find: z.tuple([findAskedSchema.extend({ dataset: path.optional(), references: z.array(path).max(16) })]),
  cancelFind: none,
  keptFinds: none,
  resumeFind: z.tuple([findId]),
  forgetFind: z.tuple([findId]),
  otherCircuits: z.tuple([id]),
  match: z.tuple([z.strictObject({ find: id, circuit: path, primary: path.optional(), items: z.int().min(2).max(100_000) })]),
  cancelMatch: none,
  saveCircuit: z.tuple([z.strictObject({ find: id, name })]),

  protocolPresets: none,
  planMapping: z.tuple([protocolSchema]),
  startMapping: z.tuple([z.strictObject({ protocol: protocolSchema, mode: z.enum(MAPPING_MODES) })]),
  mappingSoFar: none,
  presentTrial: z.tuple([z.strictObject({ site: site.optional() })]),
  scoreTrial: z.tuple([z.strictObject({ trial: id, code: name })]),
  pauseMapping: z.tuple([z.boolean()]),
  interruptMapping: z.tuple([text]),
  endMapping: z.tuple([text]),
  unblindMapping: z.tuple([text]),

  addTag: z.tuple([z.strictObject({ site, text })]),
  changeTag: z.tuple([z.strictObject({ tag: id, text })]),
  removeTag: z.tuple([id]),
  restoreTag: z.tuple([id]),

  train: z.tuple([z.strictObject({
    recipe: z.enum(RECIPES),
    name,
    seed: index,
    steps: z.int().positive().optional(),
    resume: z.boolean().optional(),
  })]),
  pauseTraining: z.tuple([z.boolean()]),
  cancelTraining: none,

  startRecording: z.tuple([z.strictObject({ title: z.string().max(500), operators: z.array(name).max(50) })]),
  stopRecording: none,
  monitor: z.tuple([z.array(site).max(1000)]),
  recordView: z.tuple([z.strictObject({ position: point, target: point, selection: site.optional() })]),

  sessions: none,
  openSession: z.tuple([path]),
  closeSession: none,
  stateAt: z.tuple([z.number().nonnegative()]),
  timelinePage: z.union([z.tuple([index]), z.tuple([index, opened])]),
  timelineEvent: z.tuple([z.strictObject({ kind: z.enum(['stimulation', 'trial']), index, of: opened.optional() })]),
  activity: z.tuple([z.strictObject({ site, trials: z.array(index).max(ACTIVITY_TRIALS), of: opened.optional() })]),
  trace: z.tuple([z.strictObject({ site, from: z.number().nonnegative(), to: z.number().nonnegative(), stretches: z.int().positive().max(TRACE_STRETCHES), of: opened.optional() }).refine(({ from, to }) => from < to, 'ends before it begins')]),
  openCompared: z.tuple([path]),
  closeCompared: none,
  recordedTrial: z.tuple([id]),
  recordedMapping: none,
  recordedSweep: z.tuple([id]),
  recordedFind: z.tuple([id]),
  recordedGates: z.tuple([id]),
  recordedMatch: z.tuple([id]),
  verify: none,
  recordedClasses: z.tuple([z.strictObject({ verification: id, of: opened.optional() })]),
  cancelVerify: none,

  annotate: z.tuple([annotation]),
  changeAnnotation: z.tuple([z.strictObject({ annotation: id, change: changed })]),
  removeAnnotation: z.tuple([id]),
  restoreAnnotation: z.tuple([id]),
  changeAnnotations: z.tuple([z.array(z.strictObject({ annotation: id, change: changed.extend({ removed: z.boolean().optional() }) })).max(200_000)]),
  annotationFrame: z.union([none, z.tuple([opened])]),
  annotationPage: z.union([z.tuple([index]), z.tuple([index, opened])]),
  saveScheme: z.tuple([z.strictObject({ tiers: z.array(tierSchema).max(200), vocabularies: z.array(vocabularySchema).max(200) })]),
  importAnnotations: z.tuple([z.strictObject({ csv: z.string().max(100_000_000), goodOnly: z.boolean() })]),
  exportAnnotations: none,
  beginRating: z.tuple([z.strictObject({ tiers: z.array(name).min(1).max(200), raters })]),
  declareDone: z.tuple([z.strictObject({ rating: id, done: z.boolean() })]),
  unblindRating: z.tuple([id]),
  raterAgreement: z.tuple([z.strictObject({ tier: name, raters })]),

  exportSession: z.tuple([z.strictObject({ path, to: exportFormatSchema, folder: path.optional(), withPrimary: z.boolean().optional() })]),
  importSession: z.tuple([path]),
  cancelExport: none,

  chooseFolder: z.tuple([z.enum(['primary', 'circuit', 'session', 'dataset', 'export', 'bundle'])]),
} satisfies Schemas

/** The arguments of a call, checked and with defaults filled in; a UserError names the method and the place otherwise. */
export function checkRequest(method: string, args: unknown[]): unknown[] {
  if (!Object.hasOwn(requestSchemas, method)) {
    throw new UserError({
      code: 'bad-request',
      message: `The host has no method "${method.slice(0, 100)}".`,
      remedy: 'Reload the page; screen and host may be of different versions.',
    })
  }
  const result = (requestSchemas as Record<string, z.ZodType<unknown[]>>)[method]!.safeParse(args)
  if (result.success)
    return result.data
  const issue = result.error.issues[0]!
  const where = issue.path.map(part => typeof part === 'number' ? `[${part}]` : `.${String(part)}`).join('')
  throw new UserError({
    code: 'bad-request',
    message: `${method}${where}: ${issue.message}.`,
    remedy: 'Correct the value; when the screen sent it by itself, reload the page.',
    path: `${method}${where}`,
  })
}
