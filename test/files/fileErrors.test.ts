import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeAtomic } from '../../main/files/atomic'
import { withPath } from '../../main/files/fileErrors'
import { UserError } from '../../preload/contract/errors'

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'symbiote-files-')) })
afterAll(() => rmSync(folder, { recursive: true }))

it.runIf(existsSync('/dev/full'))('says that the disk is full when it is', async () => {
  const error = await withPath('/dev/full', 'write', () => writeFile('/dev/full', 'x')).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).data).toMatchObject({ code: 'disk-full', path: '/dev/full', remedy: expect.stringMatching(/space/) as string })
})

it('says what is missing and keeps a bug a bug', async () => {
  const path = join(folder, 'nowhere')
  await expect(withPath(path, 'read', () => readFile(path))).rejects.toMatchObject({ code: 'file-missing', path })
  await expect(withPath(path, 'read', () => Promise.reject(new TypeError('ours')))).rejects.toThrow(TypeError)
})

it('leaves the old file and nothing else when the writing stops halfway', async () => {
  const path = join(folder, 'half')
  writeFileSync(path, 'old')
  function* parts(): Generator<string> {
    yield 'new'
    throw new Error('stopped')
  }
  await expect(writeAtomic(path, parts())).rejects.toThrow('stopped')
  expect(await readFile(path, 'utf8')).toBe('old')
  expect(readdirSync(folder)).toEqual(['half'])
  await writeAtomic(path, ['new', new Uint8Array([33])])
  expect(await readFile(path, 'utf8')).toBe('new!')
})
