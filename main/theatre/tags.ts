/** Numbered tickets pinned to sites. Numbers go up and are never given twice, so a ticket means one site for good. */
import type { Tag } from '../../preload/contract/rpc'
import type { PatientOnTable } from './patient'
import type { Recording } from './recording'
import { ulid } from 'ulid'
import { resolveAddress } from '../../preload/contract/address'
import { UserError } from '../../preload/contract/errors'

export class Tags {
  readonly #recording: Recording
  #tags: (Tag & { removed: boolean })[] = []

  constructor(recording: Recording) {
    this.#recording = recording
  }

  get list(): Tag[] {
    return this.#tags.filter(tag => !tag.removed).map(({ tag, number, site, text }) => ({ tag, number, site, text }))
  }

  add(patient: PatientOnTable, { site, text }: { site: string, text: string }): Tag[] {
    const { error } = resolveAddress(site, patient.loaded.file.architecture)
    if (error) throw new UserError(error)
    const tag = { tag: ulid(), number: this.#tags.length + 1, site, text, removed: false }
    this.#record(patient, tag)
    this.#tags.push(tag)
    return this.list
  }

  change(patient: PatientOnTable, id: string, change: { text?: string, removed?: boolean }): Tag[] {
    const at = this.#tags.findIndex(tag => tag.tag === id)
    if (at < 0) throw new UserError({ code: 'tag-unknown', message: `There is no tag ${id}.`, remedy: 'It may have been removed; undo brings it back.' })
    const tag = { ...this.#tags[at], ...change }
    this.#record(patient, tag)
    this.#tags[at] = tag
    return this.list
  }

  /** A recording begins: the tickets already pinned belong in it. */
  recordAll(patient: PatientOnTable): void {
    for (const tag of this.#tags) {
      if (!tag.removed) this.#record(patient, tag)
    }
  }

  /** Another patient: the tickets stay with the one they were pinned to. */
  clear(): void {
    this.#tags = []
  }

  #record(patient: PatientOnTable, tag: Tag & { removed: boolean }): void {
    if (!this.#recording.active) return
    this.#recording.describeSites([tag.site], patient)
    const earlier = this.#recording.live.tags.last(tag.tag)
    this.#recording.append({ kind: 'tag', ...tag, ...(earlier ? { supersedes: earlier.id } : {}) }, patient)
  }
}
