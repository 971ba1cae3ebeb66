/** What the window shows: mode, theme, open dialogs, filters. Nothing here is recorded. */
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { useConnection } from './connection'

export type Mode = 'observe' | 'map' | 'train' | 'symbiote' | 'replay'
export const MODES: readonly { id: Mode, title: string }[] = [
  { id: 'observe', title: 'Observe' },
  { id: 'map', title: 'Map' },
  { id: 'train', title: 'Train' },
  { id: 'symbiote', title: 'Symbiote' },
  { id: 'replay', title: 'Replay' },
]
export type OpenDialog = 'palette' | 'keys' | 'sites' | 'patients' | 'record' | 'tiers' | 'csv' | 'mapping' | 'mapping-end' | 'unblind' | 'export' | 'import'

export const useUi = defineStore('ui', () => {
  const connection = useConnection()
  const mode = ref<Mode>('observe')
  /** Map's two ways: a protocol with trials, or an exact sweep. */
  const mapTab = ref<'protocol' | 'sweep'>('protocol')
  const dialog = ref<OpenDialog>()
  const tourOpen = ref(false)
  /** In Replay: two raters are compared, in the place of the session. */
  const raters = ref(false)
  /** Sheet the scene is framed on and site search is limited to: 0 the input, 1 `layers.0` … */
  const layer = ref<number>()
  /** Frame time of the scene, ms; undefined until it has drawn. */
  const frameMs = ref<number>()
  /** What a screen reader is told. */
  const announcement = ref('')

  watch(() => connection.settings.theme, (theme) => {
    document.documentElement.dataset.theme = theme
  }, { immediate: true })

  function announce(text: string): void {
    announcement.value = text
  }

  return { mode, mapTab, dialog, layer, tourOpen, raters, frameMs, announcement, announce }
})
