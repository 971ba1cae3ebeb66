/**
 * What the screen may ask, implemented: a table of use cases, each in a file of its own beside this one. It owns the
 * patient, the recording, the replay and the training; it knows no transport, no Electron and no tensor.
 */
import type { HostFunctions, Settings, ViewFunctions } from '../../preload/contract/rpc'
import type { EngineClient } from '../host/engineClient'
import type { LoadedPatient } from './loading'
import { join } from 'node:path'
import { UserError } from '../../preload/contract/errors'
import { readSettings, writeSettings } from '../files/settings'
import { listPrimaries } from '../files/shipped'
import { listSessions } from '../session/library'
import { Exports } from './exports'
import { Finds } from './find'
import { forgetKept } from './findKept'
import { recordedFind, recordedGates } from './findRecord'
import { saveCircuit } from './findSave'
import { loadPatient } from './loading'
import { MappingScreen } from './mapping/forScreen'
import { recordedMapping } from './mapping/recorded'
import { Mappings } from './mappings'
import { Matches, recordedMatch } from './matches'
import { Notes } from './notes'
import { noPatient, PatientOnTable } from './patient'
import { Recording, stepOf } from './recording'
import { Replay } from './replay'
import { Verifier } from './replayVerify'
import { Stimulator } from './stimulation'
import { recordedSweep, Sweeps } from './sweep'
import { Tags } from './tags'
import { Trainings } from './trainings'
import { watchEngine } from './watchEngine'

export interface TheatreOptions {
  /** The user's folder: primaries, sessions, settings. */
  home: string
  /** Folder of what ships. */
  resources: string
  engine: EngineClient
  appVersion: string
  surface: 'desktop' | 'browser'
  /** package-lock.json, hashed into provenance where it exists. */
  lockFile: string
  chooseFolder: HostFunctions['chooseFolder']
  useExecutor: HostFunctions['useExecutor']
  /** Tells the screen, if there is one. */
  tell: <K extends keyof ViewFunctions>(event: K, ...args: Parameters<ViewFunctions[K]>) => void
  log: (line: string) => void
}

export interface Theatre {
  functions: HostFunctions
  /** Ends what is under way so that it can be gone on with: the run keeps its checkpoint, the recording its end. */
  close: () => Promise<void>
}

export function createTheatre(options: TheatreOptions): Theatre {
  const { home, resources, engine, appVersion, surface, tell, log } = options
  const sessionsFolder = join(home, 'sessions')
  const places = { home, resources }
  let patient: PatientOnTable | undefined
  let settings: Settings | undefined

  const recording = new Recording({ sessionsFolder, appVersion, lockFile: options.lockFile, changed: info => tell('recording', info) })
  const stimulator = new Stimulator(recording)
  const replay = new Replay(appVersion, path => tell('sessionDiffers', path))
  const verifier = new Verifier({ engine, replay, places, patient: () => patient, progress: progress => tell('verifying', progress) })
  const tags = new Tags(recording)
  const exports = new Exports({ places, appVersion, progress: progress => tell('exporting', progress) })
  const sweeps = new Sweeps(engine, { recording, changed: info => tell('sweeping', info) })
  const finds = new Finds(engine, { home, recording, changed: (info, gates) => tell('finding', info, ...gates ? [gates] : []), maps: (on, addresses) => sweeps.mapOver(on, addresses), log })
  const matches = new Matches(engine, { places, finds, recording, changed: progress => tell('matching', progress), log })
  const trainings = new Trainings(engine, places, (info, event) => {
    tell('training', info)
    if (!patient || !recording.active || !event) return
    try {
      recording.append(event, patient)
    }
    catch (error) {
      // The recorder has told the screen already, and a full disk is no reason to stop the training.
      log(error instanceof UserError ? error.line : String(error))
    }
  })
  const unwatch = watchEngine({ engine, patient: () => patient, recording, stimulator, tell: state => tell('engine', state), log })

  const onTable = (): PatientOnTable => {
    if (!patient) throw noPatient()
    return patient
  }

  const notWhileRecording = (what: string): void => {
    if (recording.active) throw new UserError({ code: 'recording', message: 'A session is being recorded.', remedy: `Stop the recording, then ${what}.` })
  }

  const putOnTable = async (load: () => Promise<LoadedPatient>): Promise<PatientOnTable> => {
    notWhileRecording('open another patient')
    const loaded = await load()
    // What calibration finds on weights that are gone a moment later is worth no file.
    const next = new PatientOnTable(engine.functions, loaded, loaded.training === undefined ? { home } : {})
    await next.open()
    if (next.loaded.path !== patient?.loaded.path) tags.clear()
    recording.monitors.forget()
    patient = next
    matches.saw(next.loaded)
    return next
  }

  const openPatient = (nameOrPath: string): Promise<PatientOnTable> => putOnTable(() => loadPatient(nameOrPath, places))

  const currentSettings = async (): Promise<Settings> => {
    if (!settings) {
      const read = await readSettings(home)
      if (read.notice) log(read.notice)
      settings = read.settings
    }
    return settings
  }

  const notes = new Notes({ recording, replay, viewer: async () => (await currentSettings()).operator.trim(), step: () => stepOf(onTable()) })
  const mappings = new Mappings({ engine, recording, tag: (on, site, text) => tags.add(on, { site, text }).at(-1)!.number, circuits: on => finds.circuits(on), changed: info => tell('mapping', info) })
  const mapped = new MappingScreen({ mappings, patient: onTable, operator: async () => (await currentSettings()).operator, tell, log })
  recording.onAppended(event => mapped.appended(event))

  const functions: HostFunctions = {
    hello: async () => ({
      version: appVersion,
      surface,
      settings: await currentSettings(),
      ...(engine.state.state === 'ready' ? { engine: engine.state.engine } : {}),
      ...(patient ? { patient: patient.info } : {}),
      ...(recording.info ? { recording: recording.info } : {}),
      ...(trainings.info ? { training: trainings.info } : {}),
      ...(finds.info ? { find: finds.info } : {}),
      tags: tags.list,
      sessionsFolder,
    }),
    saveSettings: async (change) => {
      settings = { ...await currentSettings(), ...change }
      await writeSettings(home, settings)
      return settings
    },

    useExecutor: async (name) => {
      notWhileRecording('choose another executor')
      if (trainings.running) throw new UserError({ code: 'training', message: 'A primary is being trained on the present executor.', remedy: 'Wait for it, or cancel it.' })
      if (finds.running) throw new UserError({ code: 'finding', message: 'A circuit is being looked for on the present executor.', remedy: 'Wait for it, or cancel it.' })
      return options.useExecutor(name)
    },

    primaries: () => listPrimaries(places),
    openPatient: async name => (await openPatient(name)).info,
    openTraining: async () => (await putOnTable(() => trainings.snapshot())).info,
    present: async (item) => {
      const shown = await onTable().present(item)
      recording.monitors.show(shown)
      return shown
    },
    findItem: async request => onTable().findItem(request),
    connections: async request => onTable().connections(request),

    stimulate: async request => stimulator.stimulate(onTable(), request),
    release: async reason => stimulator.release(patient, reason),

    sweep: request => sweeps.sweep(onTable(), request),
    dose: request => sweeps.dose(onTable(), request),
    cancelSweep: () => sweeps.cancel(),

    find: request => finds.find(onTable(), request),
    cancelFind: () => finds.cancel(),
    keptFinds: () => finds.kept(onTable()),
    resumeFind: find => finds.resume(onTable(), find),
    forgetFind: find => forgetKept(home, find),
    otherCircuits: find => matches.others(onTable(), find),
    match: request => matches.match(onTable(), request),
    cancelMatch: () => matches.cancel(),
    saveCircuit: async ({ find, name }) => saveCircuit(home, finds.last(find) ?? recordedFind(replay.session, find), name),

    ...mapped.functions,

    addTag: async request => tags.add(onTable(), request),
    changeTag: async ({ tag, text }) => tags.change(onTable(), tag, { text }),
    removeTag: async tag => tags.change(onTable(), tag, { removed: true }),
    restoreTag: async tag => tags.change(onTable(), tag, { removed: false }),

    train: request => trainings.start(request),
    pauseTraining: paused => trainings.pause(paused),
    cancelTraining: () => trainings.cancel(),

    startRecording: async (request) => {
      const on = onTable()
      const description = await engine.ready()
      replay.close()
      recording.start(request, on, description)
      tags.recordAll(on)
      return recording.live.info
    },
    stopRecording: async () => {
      await mappings.close()
      stimulator.release(patient, 'stopped')
      return recording.stop()
    },
    monitor: async sites => recording.monitor(sites),
    recordView: async (view) => {
      if (recording.active) recording.append({ kind: 'view', ...view }, onTable())
    },

    sessions: () => listSessions(sessionsFolder),
    openSession: async (path) => {
      notWhileRecording('open a session')
      return replay.open(path)
    },
    closeSession: async () => replay.close(),
    stateAt: t => replay.stateAt(t),
    timelinePage: (page, of) => replay.page(page, of),
    timelineEvent: async request => replay.event(request),
    activity: request => replay.activity(request),
    trace: request => replay.trace(request),
    openCompared: path => replay.openCompared(path),
    closeCompared: async () => replay.closeCompared(),
    recordedTrial: async trial => replay.trial(trial),
    // Where the last moment knows of no mapping the log is not read for one.
    recordedMapping: async () => (await replay.stateAt(replay.session.head.duration)).mapping ? recordedMapping(replay.session.head) : [],
    recordedSweep: async sweep => recordedSweep(replay.session, sweep),
    recordedFind: async find => finds.last(find) ?? recordedFind(replay.session, find),
    recordedGates: async event => recordedGates(replay.session, event),
    recordedClasses: async ({ verification, of }) => replay.classes(verification, of),
    recordedMatch: async match => recordedMatch(replay.session, match),
    verify: () => verifier.verify(),
    cancelVerify: async () => verifier.cancel(),

    annotate: request => notes.add(request),
    changeAnnotation: async change => (await notes.change([change]))[0]!,
    removeAnnotation: async (annotation) => { await notes.change([{ annotation, change: { removed: true } }]) },
    restoreAnnotation: async annotation => (await notes.change([{ annotation, change: { removed: false } }]))[0]!,
    changeAnnotations: changes => notes.change(changes),
    annotationFrame: of => notes.frame(of),
    annotationPage: (from, of) => notes.page(from, of),
    saveScheme: scheme => notes.saveScheme(scheme),
    importAnnotations: request => notes.importCsv(request),
    exportAnnotations: () => notes.exportCsv(),
    beginRating: request => notes.beginRating(request),
    declareDone: request => notes.declareDone(request),
    unblindRating: rating => notes.unblind(rating),
    raterAgreement: request => notes.agreement(request),

    exportSession: request => exports.export(request),
    importSession: file => exports.import(file),
    cancelExport: async () => exports.cancel(),

    chooseFolder: options.chooseFolder,
  }

  return {
    functions,
    close: async () => {
      exports.cancel()
      await trainings.close()
      await sweeps.cancel()
      await finds.cancel()
      await matches.cancel()
      await mappings.close()
      mapped.close()
      unwatch()
      stimulator.release(patient, 'stopped')
      recording.end()
      replay.close()
      await engine.dispose()
    },
  }
}
