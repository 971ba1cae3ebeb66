/** Edits that can be taken back: interventions, tags, annotations. One stack, so that undo means the last thing done, whatever it was. */
import { shallowRef } from 'vue'

export interface Edit {
  /** What it did, as in "Undo …": `tag 3 on layers.0.unit[37]`. */
  label: string
  undo: () => Promise<void>
  redo: () => Promise<void>
}

const DEPTH = 200

export class UndoStack {
  readonly #done = shallowRef<readonly Edit[]>([])
  readonly #undone = shallowRef<readonly Edit[]>([])
  /** Edits run one after another even when the keys come faster than the host answers. */
  #queue: Promise<void> = Promise.resolve()

  /** What undo and redo would take next; reactive. */
  get next(): { undo: string | undefined, redo: string | undefined } {
    return { undo: this.#done.value.at(-1)?.label, redo: this.#undone.value.at(-1)?.label }
  }

  /** Records an edit that has already been made. */
  push(edit: Edit): void {
    this.#done.value = [...this.#done.value, edit].slice(-DEPTH)
    this.#undone.value = []
  }

  /** Resolves to the label of what was undone. An edit that fails stays where it was. */
  undo(): Promise<string | undefined> {
    return this.#enqueue(async () => {
      const edit = this.#done.value.at(-1)
      if (!edit)
        return undefined
      await edit.undo()
      this.#done.value = this.#done.value.filter(other => other !== edit)
      this.#undone.value = [...this.#undone.value, edit]
      return edit.label
    })
  }

  redo(): Promise<string | undefined> {
    return this.#enqueue(async () => {
      const edit = this.#undone.value.at(-1)
      if (!edit)
        return undefined
      await edit.redo()
      this.#undone.value = this.#undone.value.filter(other => other !== edit)
      this.#done.value = [...this.#done.value, edit]
      return edit.label
    })
  }

  /** Forgets everything, as when another patient is opened. */
  clear(): void {
    this.#done.value = []
    this.#undone.value = []
  }

  #enqueue<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(action)
    this.#queue = result.then(() => {}, () => {})
    return result
  }
}

/** The window's stack. */
export const undoStack = new UndoStack()
