/** A character model that counts: what came after the last five characters, backed off to fewer (Witten & Bell 1991). */

/**
 * Bits per character of `test` under counts of `train`, every character of `test` predicted from those before it.
 * @param order characters it looks back on
 * @param symbols how many different characters there may be
 */
export function ngramBits(train: ArrayLike<number>, test: ArrayLike<number>, order: number, symbols: number): number {
  const counts = Array.from({ length: order + 1 }, () => new Map<number, Map<number, number>>())
  const context = (text: ArrayLike<number>, at: number, n: number): number => {
    let key = 0
    for (let i = at - n; i < at; i++) key = key * symbols + text[i]
    return key
  }
  for (let n = 0; n <= order; n++) {
    for (let at = n; at < train.length; at++) {
      const key = context(train, at, n)
      const followers = counts[n].get(key) ?? new Map<number, number>()
      counts[n].set(key, followers)
      followers.set(train[at], (followers.get(train[at]) ?? 0) + 1)
    }
  }
  const totals = counts.map(table => new Map([...table].map(([key, followers]) => [key, [...followers.values()].reduce((a, b) => a + b)])))
  let bits = 0
  for (let at = 0; at < test.length; at++) {
    let p = 1 / symbols
    for (let n = 0; n <= Math.min(order, at); n++) {
      const key = context(test, at, n)
      const followers = counts[n].get(key)
      if (!followers) break
      // Types seen after this context, out of types and tokens, go to the shorter one.
      const [types, tokens] = [followers.size, totals[n].get(key)!]
      p = ((followers.get(test[at]) ?? 0) + types * p) / (tokens + types)
    }
    bits -= Math.log2(p)
  }
  return bits / test.length
}
