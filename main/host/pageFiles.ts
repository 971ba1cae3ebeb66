/**
 * The files the screen is made of, as an exact list: what is not in it does not exist. A path from outside is only ever
 * a key here and never becomes a path on disk, so there is no `..`, no link and no listing to guard against.
 */
import type { Buffer } from 'node:buffer'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { UserError } from '../../preload/contract/errors'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
}

export interface PageFile {
  type: string
  /** Its name holds its hash, so it never changes. */
  immutable: boolean
  read: () => Promise<Buffer>
}

export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files
  }

  /** Lists `folder`, which the build fills. Links are left out. */
  static async open(folder: string): Promise<PageFiles> {
    const files = new Map<string, PageFile>()
    try {
      await list(folder, '', files)
    }
    catch (cause) {
      throw notBuilt(folder, cause)
    }
    if (!files.has('/index.html'))
      throw notBuilt(folder)
    return new PageFiles(files)
  }

  /** By the path of a URL, still percent-encoded: our files need no encoding, so an encoded path is none of ours. */
  get(urlPath: string): PageFile | undefined {
    return this.#files.get(urlPath === '/' ? '/index.html' : urlPath)
  }
}

async function list(folder: string, prefix: string, files: Map<string, PageFile>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const url = `${prefix}/${entry.name}`
    if (entry.isDirectory())
      await list(path, url, files)
    else if (entry.isFile() && !entry.name.startsWith('.'))
      files.set(url, { type: TYPES[extname(entry.name)] ?? 'application/octet-stream', immutable: url.startsWith('/assets/'), read: () => readFile(path) })
  }
}

function notBuilt(folder: string, cause?: unknown): UserError {
  return new UserError({
    code: 'screen-missing',
    message: `The screen is not built: ${folder} has no index.html.`,
    remedy: 'Run `npm run build`.',
    path: folder,
  }, { cause })
}
