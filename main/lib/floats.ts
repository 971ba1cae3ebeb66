/** Float32 arrays and the bytes they are stored as, little-endian like every machine this runs on. */

export function concatenated(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The opposite: consecutive parts of the given lengths, sharing memory. */
export function divided(all: Float32Array, lengths: readonly number[]): Float32Array[] {
  let at = 0
  return lengths.map(length => all.subarray(at, at += length))
}

/** Copies where the bytes are not aligned. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4)
}
