import type { Edit } from '../../../renderer/commands/undoStack'
import { expect, it } from 'vitest'
import { UndoStack } from '../../../renderer/commands/undoStack'

function counting(log: string[], label: string, wait = 0): Edit {
  const note = (what: string) => async (): Promise<void> => {
    await new Promise(resolve => setTimeout(resolve, wait))
    log.push(`${what} ${label}`)
  }
  return { label, undo: note('undo'), redo: note('redo') }
}

it('the last edit is undone first and redone in order', async () => {
  const log: string[] = []
  const stack = new UndoStack()
  stack.push(counting(log, 'a'))
  stack.push(counting(log, 'b'))
  expect(await stack.undo()).toBe('b')
  expect(await stack.undo()).toBe('a')
  expect(await stack.undo()).toBeUndefined()
  expect(await stack.redo()).toBe('a')
  expect(log).toEqual(['undo b', 'undo a', 'redo a'])
  expect(stack.next).toEqual({ undo: 'a', redo: 'b' })
})

it('a new edit ends what could be redone', async () => {
  const stack = new UndoStack()
  stack.push(counting([], 'a'))
  await stack.undo()
  stack.push(counting([], 'b'))
  expect(stack.next).toEqual({ undo: 'b', redo: undefined })
})

it('keys faster than the host are taken one after another', async () => {
  const log: string[] = []
  const stack = new UndoStack()
  stack.push(counting(log, 'slow', 0))
  stack.push(counting(log, 'slower', 30))
  await Promise.all([stack.undo(), stack.undo()])
  expect(log).toEqual(['undo slower', 'undo slow'])
})

it('an edit that cannot be undone stays, says so, and does not block the next try', async () => {
  const stack = new UndoStack()
  let broken = true
  stack.push({ label: 'tag', undo: async () => { if (broken) throw new Error('disk full') }, redo: async () => {} })
  await expect(stack.undo()).rejects.toThrow('disk full')
  expect(stack.next.undo).toBe('tag')
  broken = false
  expect(await stack.undo()).toBe('tag')
})
