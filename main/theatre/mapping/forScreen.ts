/**
 * Mappings as the screen drives them: a protocol's cost before it begins, one trial after another across its phases, an end
 * with what there is; and the events of it, in order, those that would unblind a blind screen held back until it may know.
 */
import type { MappingInfo } from '../../../preload/contract/mapping'
import type { MappingEvent, MappingNews, MappingPlan, MappingSoFar } from '../../../preload/contract/mappingScreen'
import type { Protocol } from '../../../preload/contract/protocol'
import type { HostFunctions, ViewFunctions } from '../../../preload/contract/rpc'
import type { SessionEvent } from '../../../preload/contract/session'
import type { Mappings } from '../mappings'
import type { PatientOnTable } from '../patient'
import type { MappingRun } from './run'
import { performance } from 'node:perf_hooks'
import { UserError } from '../../../preload/contract/errors'
import { PRESETS } from '../../../preload/contract/protocol'
import { prepare } from './prepare'
import { presetNamed } from './presets'
import { isBlinded } from './telling'

type MappingFunctions = Pick<HostFunctions, 'protocolPresets' | 'planMapping' | 'startMapping' | 'mappingSoFar' | 'presentTrial' | 'scoreTrial' | 'pauseMapping' | 'interruptMapping' | 'endMapping' | 'unblindMapping'>

export interface ScreenOptions {
  mappings: Mappings
  patient: () => PatientOnTable
  operator: () => Promise<string>
  tell: <K extends 'mapping' | 'mappingEvents'>(event: K, ...args: Parameters<ViewFunctions[K]>) => void
  log: (line: string) => void
}

/** Events of an unattended mapping come faster than anyone reads. */
const SEND_EVERY = 100
const EXAMPLES = 400
/** What gives a site or a sham away. */
const TELLING: readonly MappingNews['kind'][] = ['trial', 'mapping.trial', 'ramp', 'verdict', 'mapping.finding']
const KINDS = new Set<string>(['mapping', 'mapping.transition', 'mapping.trial', 'score', 'ramp', 'verdict', 'mapping.unblinded', 'mapping.finding'] satisfies MappingEvent['kind'][])

export class MappingScreen {
  readonly functions: MappingFunctions
  readonly #options: ScreenOptions
  #sent: MappingEvent[] = []
  #due: MappingNews[] = []
  #held: MappingNews[] = []
  #shown: MappingSoFar['shown']
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: ScreenOptions) {
    this.#options = options
    const { mappings } = options
    this.functions = {
      protocolPresets: async () => PRESETS.map(name => ({ name, protocol: presetNamed(name) })),
      planMapping: async (protocol) => {
        try {
          return { plan: await planOf(options.patient(), protocol) }
        }
        catch (error) {
          if (error instanceof UserError) return { problem: error.data }
          throw error
        }
      },
      startMapping: async ({ protocol, mode }) => {
        this.#forget()
        const info = await mappings.start(options.patient(), { protocol, mode, operator: await this.#operator() })
        if (mode === 'unattended') this.#goOn()
        return info
      },
      mappingSoFar: async () => mappings.info && { info: mappings.info, events: this.#sent, ...(this.#shown ? { shown: this.#shown } : {}) },
      presentTrial: ({ site }) => this.#present(site),
      scoreTrial: async ({ trial, code }) => mappings.score(await this.#operator(), { trial, code }),
      pauseMapping: async (paused) => {
        const info = mappings.pause(paused)
        if (!paused && info.mode === 'unattended') this.#goOn()
        return info
      },
      interruptMapping: async reason => mappings.interrupt(reason),
      endMapping: reason => this.#end(reason),
      unblindMapping: async (reason) => {
        const over = mappings.run.history.machine.phase === 'report'
        const by = await this.#operator()
        return this.#told(over && mappings.active ? mappings.finish(by, reason) : mappings.unblind(by, reason))
      },
    }
  }

  /** To be told of every event that is recorded. */
  appended(event: SessionEvent): void {
    if (!isMappingEvent(event) && !(event.kind === 'trial' && this.#options.mappings.active)) return
    const blind = this.#options.mappings.active && isBlinded(this.#options.mappings.run)
    if (event.kind === 'mapping.unblinded') this.#due.push(...this.#held.splice(0))
    if (blind && (TELLING.includes(event.kind) || (event.kind === 'score' && event.source === 'auto'))) this.#held.push(event)
    else this.#due.push(blind ? withoutReason(event) : event)
    this.#timer ??= setTimeout(() => this.#send(), SEND_EVERY)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** From phase to phase until there is a trial, or none left. */
  async #present(site: string | undefined): ReturnType<MappingFunctions['presentTrial']> {
    const { mappings } = this.#options
    const standing = (): boolean => {
      const { status, phase } = mappings.run.history.machine
      return status !== 'running' || phase === 'report'
    }
    do {
      try {
        this.#shown = await mappings.trial(site === undefined ? {} : { site })
        return this.#shown
      }
      catch (error) {
        if (!(error instanceof UserError && error.code === 'phase-over')) throw error
      }
      this.#told(mappings.info!)
    } while (!standing())
    if (!isBlinded(mappings.run) && mappings.run.history.machine.phase === 'report' && mappings.active) this.#told(mappings.finish(await this.#operator(), 'all trials made'))
    return this.#shown = undefined
  }

  /** Phases that are left are passed over, so that what was tested gets its verdict. */
  async #end(reason: string): Promise<MappingInfo> {
    const { mappings } = this.#options
    const { machine } = mappings.run.history
    if (machine.status === 'paused' || machine.status === 'interrupted') mappings.pause(false)
    while (mappings.run.history.machine.phase !== 'report') await mappings.advance()
    return this.#told(mappings.finish(await this.#operator(), reason))
  }

  /** To its end by itself; what goes wrong is told as an interrupt. */
  #goOn(): void {
    const { mappings, log, tell } = this.#options
    mappings.runAll().then(info => tell('mapping', info), (error: unknown) => {
      log(error instanceof UserError ? error.line : String(error))
      if (mappings.info) tell('mapping', mappings.info)
    })
  }

  #told(info: MappingInfo): MappingInfo {
    this.#send()
    return info
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#due.length === 0) return
    const events = this.#due
    this.#due = []
    this.#sent.push(...events.filter(isMappingEvent))
    this.#options.tell('mappingEvents', events)
  }

  #forget(): void {
    this.#send()
    this.#sent = []
    this.#held = []
    this.#shown = undefined
  }

  async #operator(): Promise<string> {
    return await this.#options.operator() || 'operator'
  }
}

function isMappingEvent(event: SessionEvent): event is MappingEvent {
  return KINDS.has(event.kind)
}

/** An interrupt says at which site. */
function withoutReason(event: MappingNews): MappingNews {
  if (event.kind !== 'mapping.transition' || event.interrupt === 'operator') return event
  const { reason: _, ...rest } = event
  return rest
}

/** As long as it would take is timed on trials that stimulate nothing. */
async function planOf(patient: PatientOnTable, protocol: Protocol): Promise<MappingPlan> {
  const { sites, items, power } = prepare(patient, protocol)
  const { trials, staircase, stimulation, shams } = protocol
  const calibrate = staircase ? sites.length * stimulation.strengths.length : 0
  const mapped = sites.length * trials.most
  const sham = Math.max(shams.least, Math.round(mapped * shams.rate))
  const atMost = calibrate + mapped + sham
  const { calibrate: c, map, heldOut, excluded } = items
  return {
    sites: sites.length,
    examples: sites.slice(0, EXAMPLES),
    items: { calibrate: c.length, map: map.length, heldOut: heldOut.length, excluded: excluded.length },
    trials: { atMost, calibrate, shams: sham },
    seconds: atMost * await secondsOfTrial(patient, map.slice(0, trials.items)),
    power: power.reached,
  }
}

async function secondsOfTrial(patient: PatientOnTable, rows: MappingRun['options']['prepared']['probe']): Promise<number> {
  const engine = await patient.engine()
  const once = async (): Promise<number> => {
    const begun = performance.now()
    await engine.stimulate({ set: { interventions: [], compose: false }, focus: rows[0], battery: rows })
    return (performance.now() - begun) / 1000
  }
  // The first compiles. Each trial is followed by a look at the state, about as long again.
  await once()
  return 2 * Math.min(await once(), await once())
}
