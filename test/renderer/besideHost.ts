/** A host that holds two recorded sessions, over a real port: the use cases of replay and annotation are the real ones, on real files. */
import type { HostFunctions } from '../../preload/contract/rpc'
import type { TestHost } from './host'
import { createPinia, disposePinia, setActivePinia } from 'pinia'
import { expect, onTestFinished, vi } from 'vitest'
import { Notes } from '../../main/theatre/notes'
import { Replay } from '../../main/theatre/replay'
import { useConnection } from '../../renderer/stores/connection'
import { useReplay } from '../../renderer/stores/replay'
import { writeAfter, writeBefore } from '../fixtures/besideSessions'
import { temporaryFolder } from '../session/support'
import { testHost } from './host'

/** Waits until a check holds: long enough for a busy machine. */
export function soon(check: () => void): Promise<void> {
  return vi.waitFor(check, 15_000)
}

export interface Beside extends TestHost {
  before: string
  after: string
  replay: Replay
  /** Trials of whose activity was asked, a list for each request. */
  asked: { site: string, trials: number[], of?: string | undefined }[]
  sitDown: (name: string) => void
}

/** Connected, with the first session open. */
export async function openBeside(more: Partial<HostFunctions> = {}): Promise<Beside> {
  // All the window's store needs of a page.
  vi.stubGlobal('document', { documentElement: { dataset: {} } })
  onTestFinished(() => void vi.unstubAllGlobals())
  const pinia = createPinia()
  setActivePinia(pinia)
  onTestFinished(() => disposePinia(pinia))
  const home = temporaryFolder()
  const [before, after] = [writeBefore(home), writeAfter(home)]
  const replay = new Replay('0.1.0')
  onTestFinished(() => replay.close())
  let viewer = 'Ada'
  const asked: Beside['asked'] = []
  const notes = new Notes({ recording: { active: false } as never, replay, viewer: async () => viewer, step: () => 0 })
  const host = testHost({ more: {
    openSession: path => replay.open(path),
    closeSession: async () => replay.close(),
    openCompared: path => replay.openCompared(path),
    closeCompared: async () => replay.closeCompared(),
    timelinePage: (page, of) => replay.page(page, of),
    timelineEvent: async request => replay.event(request),
    stateAt: t => replay.stateAt(t),
    recordedTrial: async id => replay.trial(id),
    recordedClasses: async ({ verification, of }) => replay.classes(verification, of),
    activity: (request) => {
      asked.push(request)
      return replay.activity(request)
    },
    annotationFrame: of => notes.frame(of),
    annotationPage: (from, of) => notes.page(from, of),
    annotate: request => notes.add(request),
    ...more,
  } })
  const connection = useConnection()
  connection.start(host.transport)
  await soon(() => expect(connection.isOpen).toBe(true))
  setActivePinia(pinia)
  expect(await useReplay().open(before)).toBe(true)
  // An action of another test's stores that was still under way makes its own the active ones.
  setActivePinia(pinia)
  return { ...host, before, after, replay, asked, sitDown: (name) => { viewer = name } }
}
