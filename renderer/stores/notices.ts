/** Errors and news as data on the screen: what happened, how to mend it, where. Part of the connection store. */
import type { UserErrorData } from '../../preload/contract/errors'
import { ref } from 'vue'
import { UserError } from '../../preload/contract/errors'

export interface Notice extends UserErrorData {
  id: number
  kind: 'error' | 'news'
  /** The same notice again only counts up. */
  times: number
}

const NEWS_MS = 6000
const MOST = 4

export function createNotices() {
  const list = ref<Notice[]>([])
  let last = 0

  function add(kind: Notice['kind'], data: UserErrorData): void {
    const same = list.value.find(notice => notice.message === data.message && notice.path === data.path)
    if (same) {
      same.times++
      return
    }
    const notice: Notice = { ...data, kind, id: ++last, times: 1 }
    list.value = [...list.value, notice].slice(-MOST)
    if (kind === 'news')
      setTimeout(dismiss, NEWS_MS, notice.id)
  }

  function report(error: unknown): void {
    add('error', dataOf(error))
  }

  /** News that needs no answer and goes away by itself. */
  function say(message: string, remedy = ''): void {
    add('news', { code: 'news', message, remedy })
  }

  function dismiss(id: number): void {
    list.value = list.value.filter(notice => notice.id !== id)
  }

  return { list, report, say, dismiss }
}

function dataOf(error: unknown): UserErrorData {
  if (error instanceof UserError)
    return error.data
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'bug', message, remedy: 'This is a fault in Symbiote, not in what you did; nothing recorded is lost.' }
}
