/** Annotations of the session the open one is compared with, and its own tiers: to be read, never edited. */
import type { Scheme } from '../../preload/contract/vocabulary'
import type { Annotation } from './session/search'
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { useAnnotations } from './annotations'
import { useCompare } from './compare'
import { useConnection } from './connection'
import { useReplay } from './replay'
import { readNotes } from './session/readNotes'
import { schemeNames } from './session/schemeNames'
import { useTiers } from './tiers'

const NONE: Scheme = { tiers: [], vocabularies: [] }

export const useComparedNotes = defineStore('comparedNotes', () => {
  const connection = useConnection()
  const compare = useCompare()
  const replay = useReplay()
  const annotations = useAnnotations()
  const tiers = useTiers()

  const own = shallowRef<{ list: Annotation[], scheme: Scheme }>({ list: [], scheme: NONE })
  /** The open session at another moment: then what is written in the one is in the other. */
  const same = computed(() => compare.session !== undefined && compare.session.summary.path === replay.summary?.path)
  const list = computed(() => same.value ? annotations.list : own.value.list)
  const scheme = computed(() => same.value ? tiers.scheme : own.value.scheme)
  const names = schemeNames(() => scheme.value)

  // Another person at the desk may see others.
  watch([() => compare.tracks, () => tiers.viewer], async ([tracks, viewer]) => {
    own.value = { list: [], scheme: NONE }
    if (tracks === undefined || same.value)
      return
    const current = (): boolean => compare.tracks === tracks && tiers.viewer === viewer
    await connection.attempt(async () => {
      const frame = await connection.host.annotationFrame('compared')
      const read = await readNotes(connection.host, 'compared', current)
      if (read !== undefined)
        own.value = { list: read, scheme: frame.scheme }
    })
  }, { immediate: true })

  return { list, scheme, ...names }
})
