import type { Ref } from 'vue'
/** Which annotations are picked for a bulk edit: one by one, a stretch of the list, or all that were found. */
import type { Annotation } from './search'
import { computed, shallowRef } from 'vue'

export interface Picks {
  /** Ids, in the order of the list. */
  readonly ids: string[]
  readonly count: number
  has: (id: string) => boolean
  /** One more, or one less. */
  toggle: (id: string) => void
  /** From the one picked last to this one. */
  extend: (id: string) => void
  only: (id: string) => void
  all: () => void
  clear: () => void
  /** Those that are no longer there. */
  drop: (gone: ReadonlySet<string>) => void
}

export function createPicks(found: Readonly<Ref<readonly Annotation[]>>): Picks {
  const picked = shallowRef<ReadonlySet<string>>(new Set())
  let anchor: string | undefined
  /** What a search leaves out is not edited unseen. */
  const ids = computed(() => picked.value.size === 0 ? [] : found.value.filter(({ annotation }) => picked.value.has(annotation)).map(({ annotation }) => annotation))
  const set = (next: Iterable<string>): void => { picked.value = new Set(next) }
  return {
    get ids() { return ids.value },
    get count() { return ids.value.length },
    has: id => picked.value.has(id),
    toggle: (id) => {
      anchor = id
      const next = new Set(picked.value)
      if (!next.delete(id))
        next.add(id)
      set(next)
    },
    extend: (id) => {
      const places = [anchor, id].map(one => found.value.findIndex(({ annotation }) => annotation === one))
      if (places.includes(-1)) {
        anchor = id
        return set([id])
      }
      const [first, last] = places.toSorted((a, b) => a - b)
      set([...picked.value, ...found.value.slice(first, last + 1).map(({ annotation }) => annotation)])
    },
    only: (id) => {
      anchor = id
      set([id])
    },
    all: () => set(found.value.map(({ annotation }) => annotation)),
    clear: () => {
      anchor = undefined
      set([])
    },
    drop: gone => gone.size > 0 && set([...picked.value].filter(id => !gone.has(id))),
  }
}
