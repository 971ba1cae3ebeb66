/**
 * An opened session played back: what was on at the playhead, read from the tables in memory and the recorded trials.
 * No model runs. Puts the moment on the stage while the window is in Replay.
 */
import type { OpenSession, RecordedTrial, VerifyProgress } from '../../preload/contract/rpc'
import type { EventOf, SessionState, SessionSummary } from '../../preload/contract/session'
import type { RecordedPrimary } from './stage'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { UserError } from '../../preload/contract/errors'
import { useConnection } from './connection'
import { useRecording } from './recording'
import { stateAt } from './session/moments'
import { createPlayhead } from './session/playhead'
import { tracksOf } from './session/tracks'
import { windowFrames } from './session/transport'
import { TrialCache } from './session/trialCache'
import { useStage } from './stage'
import { useUi } from './ui'

/** How long the playhead must rest before the host is asked about it. */
const RESTING_MS = 150

export const useReplay = defineStore('replay', () => {
  const connection = useConnection()
  const ui = useUi()
  const stage = useStage()
  const recording = useRecording()
  const playhead = createPlayhead(windowFrames)

  const session = shallowRef<OpenSession>()
  const tracks = computed(() => session.value === undefined ? undefined : tracksOf(session.value.tables))
  /** Path of the session being opened. */
  const opening = ref<string>()
  /** What was on at the playhead. Keeps its identity while nothing changes. */
  const state = shallowRef<SessionState>()
  /** The last trial at the playhead; undefined until it has been read. */
  const trial = shallowRef<RecordedTrial>()
  /** Why the trial at the playhead cannot be shown. */
  const trialProblem = shallowRef<unknown>()
  const followView = ref(true)
  const verifying = ref<VerifyProgress>()
  const verifications = shallowRef<EventOf<'verification'>[]>([])

  const active = computed(() => ui.mode === 'replay' && session.value !== undefined)
  const primary = computed((): RecordedPrimary | undefined => {
    const provenance = session.value?.tables.provenance.at(-1)
    return provenance && {
      architecture: provenance.primary.architecture,
      classNames: provenance.dataset.classNames,
      inputShape: provenance.dataset.inputShape,
      ...(session.value!.statistics === undefined ? {} : { statistics: session.value!.statistics }),
    }
  })

  let cache = newCache()
  let resting: ReturnType<typeof setTimeout> | undefined

  function newCache(): TrialCache {
    return new TrialCache({
      fetch: id => connection.host.recordedTrial(id),
      arrived: (id, recorded) => {
        if (state.value?.trial?.trial === id)
          trial.value = recorded
      },
      refused: (id, error) => {
        if (state.value?.trial?.trial !== id)
          return
        trial.value = undefined
        trialProblem.value = error
      },
    })
  }

  async function open(path: string): Promise<boolean> {
    opening.value = path
    const opened = await connection.attempt(() => connection.host.openSession(path))
    opening.value = undefined
    if (opened === undefined)
      return false
    accept(opened)
    ui.mode = 'replay'
    ui.announce(`Opened ${opened.summary.title}.`)
    return true
  }

  function accept(opened: OpenSession): void {
    cache = newCache()
    trial.value = undefined
    state.value = undefined
    session.value = opened
    verifications.value = opened.tables.verifications
    playhead.load(tracks.value!, opened.tables.duration)
    // At the first trial, or the first circuit, there is something to see; Home goes to the beginning.
    playhead.seek(opened.tables.trials[0]?.t ?? opened.tables.finds.find(({ result }) => result)?.t ?? 0)
    show()
  }

  async function close(): Promise<void> {
    if (verifying.value !== undefined)
      await cancelVerify()
    forget()
    await connection.attempt(() => connection.host.closeSession())
  }

  function forget(): void {
    playhead.pause()
    session.value = undefined
    state.value = undefined
    trial.value = undefined
  }

  /** Brings state and trial to the playhead; does nothing where neither changed. */
  function show(): void {
    if (session.value === undefined)
      return
    const next = stateAt(session.value.tables, playhead.t.value)
    if (state.value !== undefined && sameState(state.value, next))
      return
    const trialChanged = next.trial?.trial !== state.value?.trial?.trial
    state.value = next
    if (!trialChanged)
      return
    trialProblem.value = undefined
    // The old trial stays on the screen until the new one is read: a few milliseconds of the last picture, not a flash of none.
    trial.value = next.trial === undefined ? undefined : cache.want(next.trial.trial) ?? trial.value
  }

  async function verify(): Promise<void> {
    if (session.value === undefined || verifying.value !== undefined)
      return
    verifying.value = { done: 0, total: session.value.tables.trials.length }
    const result = await connection.attempt(() => connection.host.verify().catch((error: unknown) => {
      // Cancelled is what was asked for.
      if (error instanceof UserError && error.code === 'cancelled')
        return undefined
      throw error
    }))
    verifying.value = undefined
    if (result !== undefined) {
      verifications.value = [...verifications.value, result]
      ui.announce('Verification finished.')
    }
  }

  async function cancelVerify(): Promise<void> {
    await connection.attempt(() => connection.host.cancelVerify())
  }

  /** The primary's step at a moment: that of the last event before it. */
  function stepAt(t: number): number {
    if (session.value === undefined)
      return 0
    const { trial: last, stimulation, training } = stateAt(session.value.tables, t)
    return Math.max(session.value.tables.started.step, last?.step ?? 0, stimulation?.step ?? 0, training?.step ?? 0)
  }

  watch(playhead.t, () => {
    show()
    clearTimeout(resting)
    if (session.value !== undefined && !playhead.playing.value)
      resting = setTimeout(() => void confirmTags(), RESTING_MS)
  })

  /** Where the playhead rests, the host says which tags there were: tables know only the last word on each. */
  async function confirmTags(): Promise<void> {
    const [opened, at] = [session.value, playhead.t.value]
    const exact = await connection.host.stateAt(Math.round(at)).catch(() => undefined)
    if (exact === undefined || session.value !== opened || playhead.t.value !== at || state.value === undefined)
      return
    if (JSON.stringify(exact.tags) !== JSON.stringify(state.value.tags))
      state.value = { ...state.value, tags: exact.tags }
  }

  watch([active, state, trial, followView], () => {
    if (!active.value || state.value === undefined) {
      stage.showLive()
      return
    }
    const shown = trial.value?.trial.trial === state.value.trial?.trial ? trial.value : undefined
    stage.showRecorded({ state: state.value, ...(primary.value === undefined ? {} : { primary: primary.value }), followView: followView.value, ...(shown === undefined ? {} : { trial: shown }) })
  })

  watch(() => ui.mode, (mode) => {
    if (mode !== 'replay')
      playhead.pause()
  })

  // Recording closes the open session at the host: one session is written to at a time.
  watch(() => recording.isRecording, (is) => {
    if (is)
      forget()
  })

  connection.onView('verifying', (progress) => {
    if (verifying.value !== undefined)
      verifying.value = progress
  })

  // A host that was restarted has no session open; ours is opened again where the playhead is.
  let greeted = false
  connection.onOpen(() => {
    const path = session.value?.summary.path
    if (greeted && path !== undefined) {
      verifying.value = undefined
      void connection.attempt(() => connection.host.openSession(path))
    }
    greeted = true
  })

  const summary = computed<SessionSummary | undefined>(() => session.value?.summary)

  return { ...playhead, session, summary, tracks, opening, state, trial, trialProblem, followView, verifying, verifications, active, primary, open, close, verify, cancelVerify, stepAt }
})

function sameState(a: SessionState, b: SessionState): boolean {
  return a.stimulation === b.stimulation && a.trial === b.trial && a.view === b.view && a.training === b.training && a.sweep === b.sweep && a.symbiote === b.symbiote && a.gates === b.gates && a.tags.length === b.tags.length
}
