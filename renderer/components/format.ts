/** How numbers are written on the screen. A true minus sign, digits by the size of the error, and never a figure without its unit. */
import type { Effect } from '../../preload/contract/session'

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** 0.9766 → `97.7 %`. */
export function percent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`
}

export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits)
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`
}

export function minus(value: number, digits: number): string {
  return value.toFixed(digits).replace('-', '−')
}

/** Decimals such that the standard error shows two digits, between 2 and `most`; 3 where it is 0. */
export function digitsFor(se: number, most = 4): number {
  return se > 0 ? Math.min(most, Math.max(2, 1 - Math.floor(Math.log10(se)))) : 3
}

/** `−1.37 ± 0.09`: mean and standard error of the paired differences. */
export function effectText(effect: Effect, most = 4): string {
  const digits = digitsFor(effect.se, most)
  return `${signed(effect.mean, digits)} ± ${effect.se.toFixed(digits)}`
}

/** First and last of a hash, enough to compare by eye. */
export function shortHash(hash: string): string {
  return hash.length > 14 ? `${hash.slice(0, 6)}…${hash.slice(-4)}` : hash
}
