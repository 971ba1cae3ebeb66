/** A file being exported: text and bytes gathered and written a megabyte at a time. Not whole until closed: see `whole.ts`. */
import type { FileHandle } from 'node:fs/promises'
import { Buffer } from 'node:buffer'
import { open } from 'node:fs/promises'

/** Gathered before it is written, UTF-16 units or bytes. */
const GATHERED = 1 << 20

export class Output {
  readonly #file: FileHandle
  #text: string[] = []
  #gathered = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** The file must not exist. */
  static async create(path: string): Promise<Output> {
    return new Output(await open(path, 'wx'))
  }

  /** Gathers; call `drain` now and then. */
  text(text: string): void {
    this.#text.push(text)
    this.#gathered += text.length
  }

  /** Writes what has gathered, once it is worth a write. */
  async drain(least = GATHERED): Promise<void> {
    if (this.#gathered === 0 || this.#gathered < least)
      return
    const bytes = Buffer.from(this.#text.join(''))
    this.#text = []
    this.#gathered = 0
    await this.#file.appendFile(bytes)
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    await this.drain(1)
    await this.#file.appendFile(bytes)
  }

  /** Through to the disk. */
  async close(): Promise<void> {
    await this.drain(1)
    await this.#file.sync()
    await this.#file.close()
  }

  /** Lets go of it as it is. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => {})
  }
}

/** A file closed when `write` is done, let go of when it throws. */
export async function writeOutput(path: string, write: (output: Output) => Promise<void>): Promise<void> {
  const output = await Output.create(path)
  try {
    await write(output)
    await output.close()
  }
  catch (error) {
    await output.abandon()
    throw error
  }
}

/** A file of any length, line by line; others have their turn in between. */
export async function writeLines(path: string, lines: Iterable<string>, turn: () => Promise<void>): Promise<void> {
  await writeOutput(path, async (output) => {
    let n = 0
    for (const line of lines) {
      output.text(line)
      if (++n % 256 === 0) {
        await output.drain()
        await turn()
      }
    }
  })
}

/** A short file. */
export async function writeText(path: string, text: string): Promise<void> {
  await writeOutput(path, async output => output.text(text))
}
