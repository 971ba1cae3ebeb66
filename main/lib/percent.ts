/** A share as a person reads it: `12.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
