/** Runs the mapping protocol unattended, into a session of its own. */
import type { PresetName, Protocol } from '../../../preload/contract/protocol'
import type { MappingRun } from '../../theatre/mapping/run'
import type { PatientOnTable } from '../../theatre/patient'
import type { Command, Invocation, Result } from '../command'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { PRESETS } from '../../../preload/contract/protocol'
import { readCircuit } from '../../files/circuit'
import { readProtocol } from '../../files/protocol'
import { newSessionFolder } from '../../session/library'
import { SessionReader } from '../../session/reader'
import { loadPatient } from '../../theatre/loading'
import { presetNamed } from '../../theatre/mapping/presets'
import { reportText } from '../../theatre/mapping/report'
import { resumedPatient } from '../../theatre/mapping/resuming'
import { Mappings } from '../../theatre/mappings'
import { PatientOnTable as Patient } from '../../theatre/patient'
import { Recording } from '../../theatre/recording'
import { Tags } from '../../theatre/tags'
import { integerOption, Interrupted, UsageError } from '../command'

export const map: Command = {
  summary: 'the mapping protocol, unattended: staircases, trials with shams, verdicts with honest statistics, in a session',
  usage: 'PRIMARY [--dataset DATASET] [--protocol quick|standard|rigorous|FILE] [--circuit circuit.json] [--seed 1] [--out NAME.session] | --resume NAME.session',
  options: {
    dataset: { type: 'string' },
    protocol: { type: 'string', default: 'standard' },
    out: { type: 'string' },
    resume: { type: 'string' },
    circuit: { type: 'string' },
  },
  positionals: { min: 0, max: 1 },
  run: async (invocation) => {
    const { workstation, options, positionals: [primary], signal, progress } = invocation
    if ((primary === undefined) === (options.resume === undefined)) throw new UsageError('Give a primary to map, or --resume and the session of a mapping that was cut off.')
    const began = performance.now()
    const engine = workstation.engine()
    const recording = new Recording({ sessionsFolder: join(workstation.places.home, 'sessions'), appVersion: workstation.version, lockFile: workstation.lockFile, changed: () => {} })
    const tags = new Tags(recording)
    const circuit = typeof options.circuit === 'string' ? await readCircuit(resolve(options.circuit)) : undefined
    const mappings = new Mappings({
      engine,
      circuits: () => circuit ? [{ name: 'circuit', sites: circuit.sites }] : [],
      recording,
      tag: (patient, site, text) => tags.add(patient, { site, text }).at(-1)!.number,
      changed: ({ trials, phase }) => progress.update(trials.done, trials.expected, phase),
    })
    const stop = (): void => void (mappings.active && mappings.run.history.machine.status === 'running' && mappings.pause(true))
    signal.addEventListener('abort', stop)
    try {
      await (options.resume === undefined ? begin(invocation, primary, recording, mappings) : resume(invocation, String(options.resume), recording, mappings))
      if (signal.aborted) stop()
      else await mappings.runAll()
      progress.end()
      const session = recording.live.folder
      const { status, interrupt } = mappings.run.history.machine
      if (status === 'paused') throw new Interrupted(`Interrupted in the phase “${mappings.run.history.machine.phase}” after ${mappings.run.history.trials.length} trials, which are kept; \`symbiote map --resume ${session}\` goes on.`)
      const result = resultOf(mappings.run, session, (performance.now() - began) / 1000)
      return status === 'finished' ? result : { ...result, text: `Stopped: ${interrupt?.message ?? status}\n\n${result.text}`, exitCode: 1 }
    }
    finally {
      await mappings.close()
      recording.end()
    }
  },
}

async function begin(invocation: Invocation, primary: string, recording: Recording, mappings: Mappings): Promise<void> {
  const { workstation, options } = invocation
  const protocol = await protocolOption(invocation)
  const loaded = await loadPatient(primary, workstation.places, typeof options.dataset === 'string' ? options.dataset : undefined)
  const patient = await onTable(new Patient(workstation.engine().functions, loaded, { home: workstation.places.home }))
  // Refused before there is a session of it.
  mappings.check(patient, protocol)
  const title = `${loaded.file.name}, ${protocol.name}`
  const folder = typeof options.out === 'string' ? resolve(options.out) : newSessionFolder(join(workstation.places.home, 'sessions'), title)
  recording.start({ title, operators: [], folder }, patient, await workstation.engine().ready())
  await mappings.start(patient, { protocol, mode: 'unattended', operator: '' })
}

async function resume({ workstation }: Invocation, path: string, recording: Recording, mappings: Mappings): Promise<void> {
  const folder = resolve(path)
  const patient = await onTable(await resumedPatient(await SessionReader.open(folder), workstation.places, workstation.engine().functions))
  mappings.checkResume(patient, await SessionReader.open(folder))
  await recording.resume(folder, patient, await workstation.engine().ready())
  await mappings.resume(patient, folder, 'unattended')
}

async function onTable(patient: PatientOnTable): Promise<PatientOnTable> {
  await patient.open()
  return patient
}

async function protocolOption(invocation: Invocation): Promise<Protocol> {
  const given = String(invocation.options.protocol)
  const named = PRESETS.find(name => name === given) as PresetName | undefined
  if (!named && !/[./\\]/.test(given)) throw new UsageError(`--protocol is ${PRESETS.join(', ')} or a JSON file, not "${given}".`)
  const protocol = named ? presetNamed(named) : await readProtocol(resolve(given))
  const seed = integerOption(invocation, 'seed')
  return seed === undefined ? protocol : { ...protocol, seed }
}

function resultOf(run: MappingRun, session: string, seconds: number): Result {
  const { history, options: { prepared } } = run
  const verdicts = prepared.sites.flatMap(site => history.verdicts.get(site) ?? [])
  const { excluded } = prepared.items
  return {
    json: {
      session,
      trials: history.trials.length,
      sites: verdicts.map(({ site, kind: _, mapping: _mapping, ...rest }) => ({ address: site, ...rest })),
      seconds,
      status: history.machine.status,
      protocol: prepared.protocol.name,
      power: prepared.power,
      excluded: [...excluded],
      ramps: [...history.ramps.values()].map(({ site, threshold, bracket, working, steps }) => ({ address: site, ...(threshold === undefined ? {} : { threshold }), bracket, working, steps })),
      findings: history.findings,
    },
    text: `${reportText(run)}\n\n${history.trials.length.toLocaleString('en')} trials in ${seconds.toFixed(1)} s; recorded in ${session}`,
  }
}
