/**
 * The host's own end of the connection (checks, packing, errors) over a real message port, with use cases that count what they are asked.
 * The arithmetic is a made-up two-layer patient; the real one is tested end to end.
 */
import type { Presentation } from '../../preload/contract/engine'
import type { InterventionSet } from '../../preload/contract/intervention'
import type { Hello, HostFunctions, PatientInfo, Stimulation, Tag } from '../../preload/contract/rpc'
import type { Transport } from '../../renderer/client/transport'
import { MessageChannel } from 'node:worker_threads'
import { connectView } from '../../main/host/connectView'
import { portChannel as hostEnd } from '../../main/host/portChannel'
import { UserError } from '../../preload/contract/errors'
import { portChannel } from '../../renderer/client/channel'

export interface TestHost {
  transport: Transport
  stimulated: { set: InterventionSet, focus: number, replaces?: boolean }[]
  released: string[]
  /** Calls that are under way at once, at most. */
  most: () => number
  tell: ReturnType<typeof connectView>['view']
  /** Cuts the connection, as a host that dies does. */
  cut: () => void
}

export const PATIENT: PatientInfo = {
  name: 'tiny',
  path: '/primaries/tiny',
  architecture: { kind: 'mlp', inputs: 4, hidden: [3], outputs: 2, activation: 'relu' },
  parameters: 23,
  weightsSha256: 'a'.repeat(64),
  trainedSteps: 10,
  dataset: { name: 'made-up', items: 8, classNames: ['no', 'yes'], inputShape: [2, 2] },
  statistics: { mean: [new Float32Array(3), new Float32Array(2)], sigma: [Float32Array.of(1, 2, 0), Float32Array.of(1, 1)], items: 8 },
  battery: 4,
  baselineAccuracy: 0.75,
}

/** The seventh item is the only one the patient is unsure of. */
function presentation(item: number): Presentation {
  const p = item === 6 ? 0.55 : 0.9
  return { item, target: 1, input: new Float32Array(4), activations: [Float32Array.of(1, 2, 3), Float32Array.of(0, 1)], probabilities: Float32Array.of(1 - p, p) }
}

interface TestHostOptions {
  delay?: number
  fresh?: boolean
  /** Use cases of the test's own, and what it is greeted with. */
  more?: Partial<HostFunctions>
  greeting?: Partial<Hello>
}

export function testHost({ delay = 3, fresh = false, more = {}, greeting = {} }: TestHostOptions = {}): TestHost {
  const stimulated: TestHost['stimulated'] = []
  const released: string[] = []
  let tags: Tag[] = []
  let under = 0
  let most = 0
  let connection: ReturnType<typeof connectView> | undefined
  let cut = (): void => {}

  const hello = (): Hello => ({ version: '0', surface: 'browser', settings: { tourSeen: true, theme: 'dark', operator: '' }, ...(fresh ? {} : { patient: PATIENT }), tags, sessionsFolder: '/sessions', ...greeting })
  const functions: Partial<HostFunctions> = {
    hello: async () => hello(),
    openPatient: async (name) => {
      if (name !== 'digits')
        throw new UserError({ code: 'file-missing', message: `There is no primary in ${name}.`, remedy: 'Choose a folder that holds one.', path: name })
      return PATIENT
    },
    present: async item => presentation(item),
    keptFinds: async () => [],
    connections: async () => ({ layer: new Uint8Array(0), from: new Uint16Array(0), to: new Uint16Array(0), weight: new Float32Array(0), flow: new Float32Array(0) }),
    stimulate: async (request) => {
      stimulated.push(request)
      most = Math.max(most, ++under)
      await new Promise(resolve => setTimeout(resolve, delay))
      under--
      return answer(request.set, request.focus)
    },
    release: async (reason) => { released.push(reason) },
    addTag: async ({ site, text }) => tags = [...tags, { tag: String(tags.length).padStart(26, '0'), number: tags.length + 1, site, text }],
    removeTag: async tag => tags = tags.filter(other => other.tag !== tag),
    ...more,
    changeTag: async ({ tag, text }) => tags = tags.map(other => other.tag === tag ? { ...other, text } : other),
  }

  return {
    stimulated,
    released,
    most: () => most,
    get tell() { return connection!.view },
    cut: () => cut(),
    transport: {
      async connect() {
        const { port1, port2 } = new MessageChannel()
        const channel = hostEnd(port1)
        connection = connectView(channel, functions as HostFunctions, (line) => { throw new Error(line) })
        cut = () => port1.close()
        return portChannel(port2 as unknown as globalThis.MessagePort)
      },
    },
  }
}

function answer(set: InterventionSet, focus: number): Stimulation {
  const measure = { before: 0, after: 0, effect: { mean: 0, se: 0, n: 4 } }
  return {
    stimulation: '0'.repeat(26),
    trial: '1'.repeat(26),
    set,
    before: presentation(focus),
    after: presentation(focus),
    measures: { loss: measure, accuracy: measure, targetLogProbability: measure, margin: measure, kl: measure, agreement: measure },
    changed: [],
    changedCount: 0,
    battery: 4,
    engineMs: 1,
    hostMs: 2,
    recorded: false,
  }
}
