/**
 * A hundred thousand annotations: reading them from CSV into a session, searching them, stepping, one edit, what the
 * timeline asks per frame, and kappa. Functions of host and screen, without a window around them.
 */
import type { Annotation } from '../../preload/contract/annotation'
import type { Bench } from './bench'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agreementOf } from '../../main/session/agreement'
import { annotationsFromCsv, annotationsToCsv } from '../../main/session/annotationCsv'
import { addAnnotations } from '../../main/session/annotations'
import { SessionReader } from '../../main/session/reader'
import { SessionRecorder } from '../../main/session/recorder'
import { inView, laneLists, tierLanes } from '../../renderer/panels/timeline/tierLanes'
import { AnnotationSearch, inOrder, merged } from '../../renderer/stores/session/search'
import { percentile, rounded } from './bench'

const COUNT = 100_000
const HOUR = 3600e9

export async function bench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  try {
    const { figures, list } = await written(join(folder, 'bench.session'))
    return { name: 'annotations', figures: { annotations: COUNT, ...figures, ...searched(list), ...drawn(list) } }
  }
  finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function written(folder: string): Promise<{ figures: Record<string, number>, list: Annotation[] }> {
  const recorder = SessionRecorder.create({ folder, title: 'bench', operators: [], appVersion: '0', rootSeed: 1 })
  const trials = Array.from({ length: COUNT / 2 }, (_, i) => ({ trial: String(i).padStart(26, '0'), t: i * HOUR / COUNT * 2 }))
  const csv = ['from_s,to_s,tier,term,text,author,sites,trials', ...Array.from({ length: COUNT }, (_, i) => rowOf(i))].join('\n')
  const place = { scheme: recorder.notes.scheme, end: HOUR, trials: new Set(trials.map(({ trial }) => trial)), stepAt: () => 0, author: '', refused: () => undefined }
  const parsed = timed(() => annotationsFromCsv(csv, place))
  const added = timed(() => addAnnotations(recorder, parsed.result.rows, 0))
  recorder.close()
  const opened = performance.now()
  const { notes } = await SessionReader.open(folder)
  const openMs = performance.now() - opened
  const list = inOrder(notes.annotations.present())
  const kappa = timed(() => agreementOf(notes, 'response', ['Ada', 'Ben'], trials))
  return {
    list,
    figures: {
      'CSV read, ms': ms(parsed.took),
      'written to the log, ms': ms(added.took),
      'opened again, ms': ms(openMs),
      'kappa over the trials, ms': ms(kappa.took),
      'κ': rounded(kappa.result.kappa ?? Number.NaN),
      'CSV written, ms': ms(timed(() => annotationsToCsv(list)).took),
    },
  }
}

function rowOf(i: number): string {
  const codes = ['correct', 'slowed', 'no-answer', 'error']
  const trial = String(i >> 1).padStart(26, '0')
  const code = codes[(i >> 1) % 4 + (i % 14 === 1 ? 1 : 0)] ?? 'correct'
  return `${(Math.floor(i / 2) * HOUR / COUNT * 2 / 1e9).toFixed(6)},,response,${code},remark number ${i} on what was seen,${i % 2 === 0 ? 'Ada' : 'Ben'},layers.0.unit[${i % 256}],${trial}`
}

function searched(list: Annotation[]): Record<string, number> {
  const search = new AnnotationSearch({ tier: tier => tier, term: (_, term) => term })
  const first = timed(() => search.search(list, 'rem'))
  const typed = ['remark', 'remark 99', 'ada slowed', 'unit[37]', 'no-answer ben', 'zzz', 'number 5'].map(query => timed(() => search.search(list, query)).took)
  const edits = Array.from({ length: 20 }, (_, i) => timed(() => merged(list, [{ ...list[i * 4999], text: 'edited' }])).took)
  return {
    'first search, ms': ms(first.took),
    'search while typing, slowest of 7, ms': ms(Math.max(...typed)),
    'list after one edit, slowest of 20, ms': ms(Math.max(...edits)),
    'list after 10,000 edits at once, ms': ms(timed(() => merged(list, list.slice(0, 10_000).map(one => ({ ...one, term: 'error' })))).took),
  }
}

function drawn(list: Annotation[]): Record<string, number> {
  const lanes = tierLanes([{ tier: 'notes', name: 'Notes', colour: 'paper' }, { tier: 'response', name: 'Response', colour: 'violet' }], 3)
  const lists = timed(() => laneLists(list, lanes))
  const views = Array.from({ length: 1000 }, (_, i) => timed(() => lists.result.map(lane => inView(lane, { from: i * HOUR / 1000, to: i * HOUR / 1000 + 10e9 }, 1e9))).took)
  return { 'into lanes, ms': ms(lists.took), 'what is in view, p99 of 1,000, ms': rounded(percentile(views, 0.99)) }
}

function timed<T>(run: () => T): { result: T, took: number } {
  const began = performance.now()
  const result = run()
  return { result, took: performance.now() - began }
}

function ms(value: number): number {
  return rounded(value, 3)
}
