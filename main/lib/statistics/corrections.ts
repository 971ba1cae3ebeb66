/** P-values of many sites made to hold together. Both give adjusted p-values: significant where at most α. */

/** Holm 1979: the probability of any false positive is at most α, however the sites depend on each other. */
export function holm(p: readonly number[]): number[] {
  const order = ascending(p)
  const adjusted = [...p]
  let largest = 0
  order.forEach((site, rank) => {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * p[site]))
    adjusted[site] = largest
  })
  return adjusted
}

/**
 * Benjamini & Hochberg 1995: the expected share of false ones among the positive is at most α, where sites are independent or
 * positively dependent. Of 1/E it is the e-BH procedure, which needs no such assumption (Wang & Ramdas 2022).
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const order = ascending(p)
  const adjusted = [...p]
  let least = 1
  for (let rank = p.length - 1; rank >= 0; rank--) {
    least = Math.min(least, p[order[rank]] * p.length / (rank + 1))
    adjusted[order[rank]] = least
  }
  return adjusted
}

function ascending(p: readonly number[]): number[] {
  return p.map((_, site) => site).sort((a, b) => p[a] - p[b])
}
