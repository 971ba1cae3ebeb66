/** Exporting a session and importing a bundle: what is asked for, how far it is, and what came of it. */
import type { Exported, ExportFormat, ExportProgress, Imported } from '../../preload/contract/exports'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { UserError } from '../../preload/contract/errors'
import { useConnection } from './connection'
import { useUi } from './ui'

export const useExports = defineStore('exports', () => {
  const connection = useConnection()
  const ui = useUi()

  /** The session the dialog is about. */
  const subject = shallowRef<{ path: string, title: string }>()
  const progress = shallowRef<ExportProgress>()
  const running = ref(false)
  const exported = shallowRef<Exported>()

  connection.onView('exporting', (at) => {
    if (running.value)
      progress.value = at
  })

  function ask(session: { path: string, title: string }): void {
    subject.value = session
    exported.value = undefined
    ui.dialog = 'export'
  }

  async function start(request: { to: ExportFormat, folder?: string, withPrimary: boolean }): Promise<void> {
    if (subject.value === undefined)
      return
    exported.value = undefined
    const { path } = subject.value
    exported.value = await run(() => connection.host.exportSession({ path, ...request }))
    if (exported.value)
      ui.announce(`Exported to ${exported.value.out}.`)
  }

  async function take(file: string): Promise<Imported | undefined> {
    const imported = await run(() => connection.host.importSession(file))
    if (imported)
      ui.announce(`Imported ${imported.title}.`)
    return imported
  }

  async function run<T>(work: () => Promise<T>): Promise<T | undefined> {
    running.value = true
    progress.value = undefined
    const result = await connection.attempt(() => work().catch((error: unknown) => {
      // Cancelled is what was asked for.
      if (error instanceof UserError && error.code === 'cancelled')
        return undefined
      throw error
    }))
    running.value = false
    return result
  }

  const cancel = (): Promise<unknown> => connection.attempt(() => connection.host.cancelExport())

  return { subject, progress, running, exported, ask, start, take, cancel }
})
