/**
 * An opened session played back: its timeline read page by page, and what was on at the playhead asked of the host.
 * No model runs. Puts the moment on the stage while the window is in Replay.
 */
import type { OpenSession, RecordedTrial, VerifyProgress } from '../../preload/contract/rpc'
import type { EventOf, SessionState, SessionSummary } from '../../preload/contract/session'
import type { TimelinePage } from '../../preload/contract/timeline'
import type { Tracks } from './session/tracks'
import type { RecordedPrimary } from './stage'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { UserError } from '../../preload/contract/errors'
import { useConnection } from './connection'
import { useRecording } from './recording'
import { Latest } from './session/latest'
import { createPlayhead } from './session/playhead'
import { createReading } from './session/reading'
import { windowFrames } from './session/transport'
import { TrialCache } from './session/trialCache'
import { useStage } from './stage'
import { useUi } from './ui'

export const useReplay = defineStore('replay', () => {
  const connection = useConnection()
  const ui = useUi()
  const stage = useStage()
  const recording = useRecording()
  const playhead = createPlayhead(windowFrames)

  const reading = createReading({ of: 'replayed', host: connection.host, attempt: connection.attempt, began, took })
  const { session, tracks, version, described, read } = reading
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
    const provenance = session.value?.head.provenance.at(-1)
    return provenance && {
      architecture: provenance.primary.architecture,
      classNames: provenance.dataset.classNames,
      inputShape: provenance.dataset.inputShape,
      ...(session.value!.statistics === undefined ? {} : { statistics: session.value!.statistics }),
    }
  })

  let cache = newCache()
  /** Which events lie before the moment asked about last: as long as they are the same, so is the state. */
  let asked = ''
  const moments = new Latest<{ t: number, opened: string }, SessionState>({
    ask: ({ t }) => connection.host.stateAt(t),
    answered: ({ opened }, next) => {
      if (session.value?.summary.path === opened)
        arrive(next)
    },
    // A host that was restarted, or a session that was closed meanwhile: the next moment is asked for again.
    failed: () => { asked = '' },
  })

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
    if (!await accept(opened))
      return false
    ui.mode = 'replay'
    ui.announce(`Opened ${opened.summary.title}.`)
    return true
  }

  async function accept(opened: OpenSession): Promise<boolean> {
    if (!await reading.begin(opened))
      return false
    const loaded = tracks.value!
    // At the first trial, or the first circuit, there is something to see; Home goes to the beginning.
    playhead.seek(loaded.trialTimes.length > 0 ? loaded.trialTimes.at(0) : session.value!.head.finds.find(({ result }) => result)?.t ?? 0)
    show()
    return true
  }

  function began(loaded: Tracks, { head }: OpenSession): void {
    cache = newCache()
    asked = ''
    moments.forget()
    trial.value = undefined
    state.value = undefined
    verifications.value = head.verifications
    playhead.load(loaded, head.duration)
  }

  function took(loaded: Tracks, { last }: TimelinePage): void {
    if (last !== undefined)
      verifications.value = last.verifications
    const end = Math.max(loaded.times.length > 0 ? loaded.times.at(loaded.times.length - 1) : 0, playhead.duration.value)
    playhead.grow(last?.duration ?? end)
  }

  /** The same session anew, with the playhead where it is. */
  async function reopen(path: string): Promise<void> {
    const [at, chosen] = [playhead.t.value, playhead.selection.value]
    const opened = await connection.attempt(() => connection.host.openSession(path))
    if (opened === undefined || !await accept(opened))
      return
    playhead.seek(at)
    playhead.select(chosen)
  }

  async function close(): Promise<void> {
    if (verifying.value !== undefined)
      await cancelVerify()
    forget()
    await connection.attempt(() => connection.host.closeSession())
  }

  function forget(): void {
    playhead.pause()
    reading.forget()
    state.value = undefined
    trial.value = undefined
    moments.forget()
  }

  /** Brings state and trial to the playhead; asks nothing where no event lies between. */
  function show(): void {
    const [opened, loaded] = [session.value, tracks.value]
    if (opened === undefined || loaded === undefined)
      return
    // A second session may begin earlier: before its own beginning a session is as it began.
    const t = Math.max(0, Math.round(playhead.t.value))
    const place = `${loaded.times.lowerBound(t + 1)} ${loaded.viewTimes.lowerBound(t + 1)} ${t >= opened.head.duration}`
    if (place === asked)
      return
    asked = place
    moments.want({ t, opened: opened.summary.path })
  }

  function arrive(answer: SessionState): void {
    const next = withKnown(answer, state.value)
    if (next === state.value)
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
    verifying.value = { done: 0, total: session.value.head.counts.trials }
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

  async function seekTrial(id: string): Promise<void> {
    const found = await connection.attempt(() => connection.host.recordedTrial(id))
    if (found !== undefined)
      playhead.seek(found.trial.t)
  }

  /** The primary's step at a moment: that of the last event before it. */
  function stepAt(t: number): number {
    return tracks.value?.stepAt(t) ?? 0
  }

  watch(playhead.t, show)

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

  connection.onView('sessionDiffers', (path) => {
    if (session.value?.summary.path === path)
      void reopen(path)
  })

  // A host that was restarted has no session open; ours is opened again where the playhead is.
  let greeted = false
  connection.onOpen(() => {
    const path = session.value?.summary.path
    if (greeted && path !== undefined) {
      verifying.value = undefined
      void reopen(path)
    }
    greeted = true
  })

  const summary = computed<SessionSummary | undefined>(() => session.value?.summary)

  return { ...playhead, session, summary, tracks, version, described, read, opening, state, trial, trialProblem, followView, verifying, verifications, active, primary, open, close, verify, cancelVerify, seekTrial, stepAt }
})

/** The new state with the objects of the old one where they are the same; the old one itself where all are. */
function withKnown(next: SessionState, known: SessionState | undefined): SessionState {
  if (known === undefined)
    return next
  const pick = <E extends { id: string }>(a: E | undefined, b: E | undefined): E | undefined => a !== undefined && a.id === b?.id ? b : a
  const tags = next.tags.length === known.tags.length && next.tags.every(({ id }, i) => id === known.tags[i].id) ? known.tags : next.tags
  const kept: Record<keyof SessionState, unknown> = {
    tags,
    stimulation: pick(next.stimulation, known.stimulation),
    trial: pick(next.trial, known.trial),
    view: pick(next.view, known.view),
    sweep: pick(next.sweep, known.sweep),
    symbiote: pick(next.symbiote, known.symbiote),
    gates: pick(next.gates, known.gates),
    match: pick(next.match, known.match),
    training: pick(next.training, known.training),
    mapping: pick(next.mapping, known.mapping),
  }
  const names = Object.keys(kept) as (keyof SessionState)[]
  return names.every(name => kept[name] === known[name]) ? known : Object.fromEntries(names.filter(name => kept[name] !== undefined).map(name => [name, kept[name]])) as unknown as SessionState
}
