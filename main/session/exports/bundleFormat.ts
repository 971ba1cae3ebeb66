/** What a bundle is: a session folder as one `.zip`, and beside it `bundle.json`, which lists every file with its size and hash. */
import { z } from 'zod'

export const BUNDLE_FORMAT = 'symbiote-bundle/1'
export const BUNDLE_FILE = 'bundle.json'

export const bundleSchema = z.object({
  format: z.string(),
  /** Name of the session folder, with its ending. */
  session: z.string(),
  id: z.string(),
  title: z.string(),
  appVersion: z.string(),
  /** UTC, ISO 8601. */
  createdAt: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.int().nonnegative(), sha256: z.string().length(64) })),
})
export type BundleFile = z.infer<typeof bundleSchema>

/** Largest size of one file by what it is, bytes. A log file is begun anew at 256 MB and a record has at most 16 MiB. */
const KINDS: readonly { name: RegExp, most: number }[] = [
  { name: /^manifest\.json$/, most: 1 << 20 },
  { name: /^log\.\d{3,6}$/, most: 512e6 },
  { name: /^blobs\/([0-9a-f]{2})\/\1[0-9a-f]{62}$/, most: 2 ** 31 },
  { name: /^recovered\/log\.\d{3,6}@\d{1,16}(?:\.\d{1,6})?$/, most: 512e6 },
  { name: /^media\/[\p{L}\p{N}_-][\p{L}\p{N}._-]{0,199}$/u, most: 2 ** 31 },
  { name: /^primary\/(?:primary\.json|prescription\.json)$/, most: 64 << 20 },
  { name: /^primary\/(?:weights|directions)\.safetensors$/, most: 2 ** 34 },
  { name: /^dataset\/dataset\.json$/, most: 64 << 20 },
  { name: /^dataset\/data\.safetensors$/, most: 2 ** 34 },
]

/** How large the file of that path inside a session folder may be; undefined where a session has no such file. */
export function mostBytes(path: string): number | undefined {
  return KINDS.find(({ name }) => name.test(path))?.most
}

export function blobNameOf(path: string): string | undefined {
  return /^blobs\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(path)?.[1]
}
