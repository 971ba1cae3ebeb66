/**
 * The session being recorded, as far as this window has seen it: a timeline that grows.
 * Its times are this window's estimate (clock of the recording when an answer arrived); the log has the exact ones.
 */
import type { Intervention } from '../../preload/contract/intervention'
import type { StimulationPlan } from '../../preload/contract/protocol'
import type { Stimulation } from '../../preload/contract/rpc'
import type { EventOf } from '../../preload/contract/session'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useConnection } from './connection'
import { useElectrode } from './electrode'
import { interventionOf } from './operation'
import { usePatient } from './patient'
import { useRecording } from './recording'
import { Tracks } from './session/tracks'

export const useLive = defineStore('live', () => {
  const connection = useConnection()
  const recording = useRecording()
  const electrode = useElectrode()
  const patient = usePatient()

  /** Path of the session being recorded. */
  const session = computed(() => recording.info?.path)
  const isRecording = computed(() => session.value !== undefined)
  const tracks = shallowRef(new Tracks())
  /** Rises with everything added to `tracks`, which is not reactive. */
  const version = ref(0)
  /** ns into the recording when this window began to see it; 0 when from the beginning. */
  const since = ref(0)
  const lastTrial = ref<string>()

  /** Trials of a mapping that are drawn already: those of a blind one are, before their events may be told. */
  let drawn = new Set<string>()
  /** The trial whose purpose is told next. */
  let answer: EventOf<'trial'> | undefined
  /** Of the mapping under way. */
  let plan: StimulationPlan | undefined

  const step = computed(() => patient.info?.trainedSteps ?? 0)
  const sites = computed(() => electrode.current.interventions.map(({ site }) => site))

  /** ns since the recording began. */
  const now = (): number => Math.round(recording.elapsedAt(Date.now()) * 1e6)

  watch(session, (path) => {
    tracks.value = new Tracks()
    version.value = 0
    lastTrial.value = undefined
    drawn = new Set()
    // A recording this window started is a moment old; an older one was going on when the page was opened.
    since.value = path !== undefined && now() > 2e9 ? now() : 0
  }, { immediate: true })

  watch(() => electrode.response, (response) => {
    if (response?.recorded && isRecording.value)
      add(response)
  })

  watch(() => electrode.on, (on) => {
    if (!on && isRecording.value) {
      tracks.value.release(now())
      happened()
    }
  })

  connection.onView('engine', (state) => {
    if (!isRecording.value || (state.state !== 'lost' && state.state !== 'failed'))
      return
    const message = state.state === 'lost' ? state.message : state.error.message
    tracks.value.addInstrument({ t: now(), what: state.state === 'lost' ? 'engine-lost' : 'engine-failed', message })
    tracks.value.release(now())
    happened()
  })

  connection.onView('finding', ({ find, state, asked }) => {
    if (!isRecording.value || (state === 'running' && tracks.value.finds.at(-1)?.find === find))
      return
    if (state === 'running')
      tracks.value.beginFind(find, now(), asked)
    else
      tracks.value.endFind(find, now())
    happened()
  })

  function add(response: Stimulation): void {
    const t = now()
    const { stimulation, trial, after, measures, changedCount } = response
    const answer = after.probabilities.indexOf(Math.max(...after.probabilities))
    tracks.value.release(t)
    tracks.value.addStimulation({ t, stimulation, interventions: response.set.interventions, sham: false })
    tracks.value.addTrial({
      t,
      trial,
      stimulation,
      focus: after.item,
      target: after.target,
      response: answer,
      before: response.before.probabilities.indexOf(Math.max(...response.before.probabilities)),
      correct: answer === after.target,
      sham: false,
      changed: changedCount,
      effects: Object.fromEntries(Object.entries(measures).map(([name, { effect }]) => [name, effect])),
    })
    lastTrial.value = trial
    happened()
  }

  /** Without an intervention where the screen is blind: then neither its site nor whether it was a sham is known. */
  function addMapped(mark: { trial: string, t?: number, focus: number, target: number, response: number, correct: boolean, sham: boolean, intervention?: Intervention }): void {
    if (!isRecording.value || drawn.has(mark.trial))
      return
    drawn.add(mark.trial)
    const { times } = tracks.value
    const t = Math.max(mark.t ?? now(), times.length > 0 ? times.at(times.length - 1) : 0)
    const { trial, focus, target, response, correct, sham, intervention } = mark
    if (intervention)
      tracks.value.addStimulation({ t, stimulation: trial, interventions: [intervention], sham }, t)
    tracks.value.addTrial({ t, trial, stimulation: trial, focus, target, response, correct, sham, changed: 0, effects: {} })
    times.push(t)
    version.value++
  }

  connection.onView('mappingEvents', (events) => {
    for (const event of events) {
      if (event.kind === 'mapping')
        plan = event.protocol.stimulation
      if (event.kind === 'trial')
        answer = event
      if (event.kind !== 'mapping.trial' || event.site.includes(';') || answer?.trial !== event.trial)
        continue
      const { trial, t, site, strength, sham } = event
      const { focus, target, response, correct } = answer
      addMapped({ trial, t, focus, target, response, correct, sham, ...(plan ? { intervention: interventionOf(site, { op: plan.op, strength, baseline: plan.op === 'gate' ? plan.baseline : 'mean', seed: 0 }) } : {}) })
    }
  })

  function happened(): void {
    tracks.value.times.push(now())
    version.value++
  }

  return { session, addMapped, isRecording, tracks, version, since, lastTrial, step, sites, now }
})
