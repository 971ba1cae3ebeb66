/** The theme's colours for a canvas, which cannot read CSS variables itself. */

const NAMES = {
  ink: '--ink',
  quiet: '--ink-2',
  faint: '--ink-3',
  rule: '--rule',
  strongRule: '--rule-strong',
  panel: '--panel',
  inhibit: '--inhibit',
  stimulate: '--stimulate',
  right: '--right',
  wrong: '--wrong',
  paper: '--paper',
  mono: '--mono',
} as const

export type Palette = Record<keyof typeof NAMES, string>

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  return Object.fromEntries(Object.entries(NAMES).map(([name, variable]) => [name, style.getPropertyValue(variable).trim()])) as Palette
}

/** Calls back when the theme changes. Returns its own undo. */
export function watchTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}
