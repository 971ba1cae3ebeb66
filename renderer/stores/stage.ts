/**
 * What stands on the stage when it is not the live patient: a moment of a recording.
 * Replay sets it; the scene and the electrode panel show it instead of what is live.
 */
import type { SiteStatistics } from '../../preload/contract/engine'
import type { Architecture } from '../../preload/contract/primary'
import type { RecordedTrial } from '../../preload/contract/rpc'
import type { SessionState } from '../../preload/contract/session'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

export interface RecordedPrimary {
  architecture: Architecture
  classNames: string[]
  inputShape: number[]
  /** Of the recorded primary: σ on the screen is never another one's. */
  statistics?: SiteStatistics
}

export interface RecordedMoment {
  state: SessionState
  /** The trial at the moment, read back from its blobs. */
  trial?: RecordedTrial
  /** The primary it was recorded on, as far as drawing needs it; undefined where the session does not say. */
  primary?: RecordedPrimary
  /** While true the camera follows the recorded view. */
  followView: boolean
}

export const useStage = defineStore('stage', () => {
  const recorded = shallowRef<RecordedMoment>()

  function showRecorded(moment: RecordedMoment): void {
    recorded.value = moment
  }

  function showLive(): void {
    recorded.value = undefined
  }

  return { recorded, showRecorded, showLive }
})
