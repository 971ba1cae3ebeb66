/**
 * An opened session as the screen holds it, read page by page so that the window stays free in between: the first page
 * when it begins, the rest behind it. One each for the session that is replayed and the one it is compared with.
 */
import type { HostFunctions, OpenSession } from '../../../preload/contract/rpc'
import type { Opened, TimelinePage } from '../../../preload/contract/timeline'
import { ref, shallowRef } from 'vue'
import { RecordedDetails } from './details'
import { Tracks } from './tracks'

export interface ReadingOptions {
  of: Opened
  host: Pick<HostFunctions, 'timelinePage' | 'timelineEvent'>
  /** Runs an action of the user's; undefined where it failed, which was said. */
  attempt: <T>(action: () => Promise<T>) => Promise<T | undefined>
  /** Before the first page is taken in: what was kept of the last session is let go. */
  began?: (tracks: Tracks, opened: OpenSession) => void
  /** A page was taken in. */
  took?: (tracks: Tracks, page: TimelinePage) => void
}

export function createReading({ of, host, attempt, began, took }: ReadingOptions) {
  const session = shallowRef<OpenSession>()
  const tracks = shallowRef<Tracks>()
  /** Rises with everything added to `tracks`, which is not reactive. */
  const version = ref(0)
  /** Rises when more of what is in `tracks` can be told in words: nothing is drawn anew for it. */
  const described = ref(0)
  /** Share of the session read so far; 1 when it is all there. */
  const read = ref(1)

  /** True when the first page is there; the rest follows after whoever called has had its turn. */
  async function begin(opened: OpenSession): Promise<boolean> {
    const first = await attempt(() => host.timelinePage(0, of))
    if (first === undefined)
      return false
    const loaded = new Tracks(new RecordedDetails(request => host.timelineEvent({ ...request, of }), () => described.value++))
    tracks.value = loaded
    session.value = opened
    began?.(loaded, opened)
    take(loaded, first)
    if (first.last === undefined)
      void readOn(loaded)
    return true
  }

  function take(loaded: Tracks, page: TimelinePage): void {
    loaded.append(page)
    read.value = page.read
    if (page.last !== undefined && session.value !== undefined) {
      loaded.complete(page.last)
      session.value = { ...session.value, head: page.last }
    }
    took?.(loaded, page)
    version.value++
  }

  async function readOn(loaded: Tracks): Promise<void> {
    for (let page = 1; tracks.value === loaded; page++) {
      const next = await attempt(() => host.timelinePage(page, of))
      if (next === undefined || tracks.value !== loaded)
        return
      take(loaded, next)
      if (next.last !== undefined)
        return
    }
  }

  function forget(): void {
    session.value = undefined
    tracks.value = undefined
    version.value++
  }

  return { session, tracks, version, described, read, begin, forget }
}
