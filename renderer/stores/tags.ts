/** Numbered tickets on sites. Every edit can be undone; a ticket keeps its number. */
import type { Tag } from '../../preload/contract/rpc'
import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import { undoStack } from '../commands/undoStack'
import { useConnection } from './connection'
import { usePatient } from './patient'

export const useTags = defineStore('tags', () => {
  const connection = useConnection()
  const { host } = connection
  const list = shallowRef<Tag[]>([])
  connection.onOpen(greeting => list.value = greeting.tags)
  // Tickets stay with the patient they were pinned to.
  watch(() => usePatient().info?.path, (_, old) => old !== undefined && void refresh())

  const run = (action: () => Promise<Tag[]>) => connection.attempt(async () => list.value = await action())
  const byId = (tag: string): Tag | undefined => list.value.find(other => other.tag === tag)
  /** For undo, where an error must reach the stack so that the edit stays where it was. */
  const plainly = (action: () => Promise<Tag[]>) => async (): Promise<void> => { list.value = await action() }

  async function add(site: string, text = ''): Promise<Tag | undefined> {
    const before = new Set(list.value.map(tag => tag.tag))
    await run(() => host.addTag({ site, text }))
    const added = list.value.find(tag => !before.has(tag.tag))
    if (added)
      undoStack.push({ label: `tag ${added.number} on ${site}`, undo: plainly(() => host.removeTag(added.tag)), redo: plainly(() => host.restoreTag(added.tag)) })
    return added
  }

  async function change(tag: string, text: string): Promise<void> {
    const old = byId(tag)
    if (!old || old.text === text)
      return
    if (await run(() => host.changeTag({ tag, text })))
      undoStack.push({ label: `text of tag ${old.number}`, undo: plainly(() => host.changeTag({ tag, text: old.text })), redo: plainly(() => host.changeTag({ tag, text })) })
  }

  async function remove(tag: string): Promise<void> {
    const old = byId(tag)
    if (old && await run(() => host.removeTag(tag)))
      undoStack.push({ label: `removal of tag ${old.number}`, undo: plainly(() => host.restoreTag(tag)), redo: plainly(() => host.removeTag(tag)) })
  }

  /** Tags belong to the session or the sitting; the host says which are there after either changed. */
  async function refresh(): Promise<void> {
    await run(async () => (await host.hello()).tags)
  }

  return { list, add, change, remove, refresh }
})
