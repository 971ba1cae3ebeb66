/** The figures of a report, each with a caption that says n and the control. SVG as text; pure. */
import type { Architecture } from '../../../../preload/contract/primary'
import type { Certificate } from '../../../../preload/contract/symbiote'
import type { Dose } from './gather'
import type { Html } from './html'
import { resolveAddress } from '../../../../preload/contract/address'
import { layoutOf } from '../../../../preload/contract/layout'
import { html } from './html'
import { clock, figure, plural, ticks, whole } from './numbers'
import { drawing, frame, padded, px, WIDTH } from './plot'

/** Inhibition blue, stimulation amber, as on the screen; dark enough for paper. */
const BLUE = '#1c6fc4'
const AMBER = '#b96a00'

/** Trials over time, annotations beneath. */
export function timelineFigure(density: readonly number[], annotations: readonly { from: number, to: number }[], duration: number): Html {
  const height = 150
  const most = Math.max(1, ...density)
  const at = ticks(0, duration / 1e9, 8).map(value => ({ value, text: clock(value * 1e9).replace(/\.000$/, '') }))
  const { x, y, axes, bottom } = frame({ low: 0, high: Math.max(duration / 1e9, 1e-9), name: 'time since the session began, min:s', at }, { low: 0, high: most, name: 'trials' }, height)
  const width = duration / 1e9 / density.length
  const bars = density.map((n, i) => n === 0 ? undefined : html`<rect x="${px(x(i * width))}" y="${px(y(n))}" width="${px(Math.max(0.6, x(width) - x(0)))}" height="${px(bottom - y(n))}" fill="#5d6e76"/>`)
  const marks = annotations.slice(0, 2000).map(({ from, to }) => html`<rect x="${px(x(Math.min(from, duration) / 1e9))}" y="${bottom - 4}" width="${px(Math.max(1.5, x(Math.min(to, duration) / 1e9) - x(Math.min(from, duration) / 1e9)))}" height="4" fill="${AMBER}"/>`)
  return drawing(height, 'Trials over time', [axes, html`${bars}${marks}`])
}

/** Effect over strength, with its standard error; 0 is the unstimulated run. */
export function doseFigure({ points, operation }: Dose): Html {
  const height = 220
  const means = points.filter(({ mean }) => Number.isFinite(mean))
  const y = { ...padded(means.flatMap(({ mean, se }) => [mean - se, mean + se]), [0]), name: 'effect on loss, nats' }
  const x = { ...padded(points.map(({ strength }) => strength)), name: `strength of ${operation.startsWith('gate') ? 'the gate' : `the ${operation}${operation === 'clamp' ? '' : ', σ'}`}` }
  const f = frame(x, y, height, 420)
  const line = means.map(({ strength, mean }) => `${px(f.x(strength))},${px(f.y(mean))}`).join(' ')
  return drawing(height, `Dose–response, ${plural(points.length, 'strength')}`, [
    f.axes,
    html`<line class="zero" x1="${f.left}" x2="${f.right}" y1="${px(f.y(0))}" y2="${px(f.y(0))}"/><polyline points="${line}" fill="none" stroke="#33434b"/>`,
    ...means.map(({ strength, mean, se }) => html`<line x1="${px(f.x(strength))}" x2="${px(f.x(strength))}" y1="${px(f.y(mean - se))}" y2="${px(f.y(mean + se))}" stroke="#33434b"/><circle cx="${px(f.x(strength))}" cy="${px(f.y(mean))}" r="3.2" fill="${mean < 0 ? BLUE : AMBER}"/>`),
  ], 420)
}

/** Every effect of a sweep, sorted; 0 is no change. */
export function rankedFigure(effects: readonly number[], measure: string): Html {
  const height = 220
  const sorted = effects.filter(Number.isFinite).sort((a, b) => a - b)
  // A point per pixel says all that can be seen.
  const shown = sorted.length <= 600 ? sorted : Array.from({ length: 600 }, (_, i) => sorted[Math.round(i * (sorted.length - 1) / 599)]!)
  const f = frame({ low: 1, high: Math.max(2, sorted.length), name: 'rank of the site' }, { ...padded(shown, [0]), name: `effect on ${measure}` }, height)
  return drawing(height, `Effects of ${plural(sorted.length, 'site')}, sorted`, [
    f.axes,
    html`<line class="zero" x1="${f.left}" x2="${f.right}" y1="${px(f.y(0))}" y2="${px(f.y(0))}"/>`,
    ...shown.map((effect, i) => html`<circle cx="${px(f.x(1 + i * Math.max(0, sorted.length - 1) / Math.max(1, shown.length - 1)))}" cy="${px(f.y(effect))}" r="1.6" fill="${effect < 0 ? BLUE : AMBER}"/>`),
  ])
}

/** The sheets of the primary side by side, each site where it stands; colour is the effect. Undefined where the sites stand on none. */
export function mapFigure(architecture: Architecture, addresses: readonly string[], effects: readonly number[]): { drawing: Html, placed: number } | undefined {
  const { sheets } = layoutOf(architecture)
  const places = addresses.flatMap((address, i) => {
    const [site] = resolveAddress(address, architecture).sites ?? []
    if (site === undefined || !(site.kind === 'unit' || site.kind === 'channel' || site.kind === 'head') || site.indices.length !== 1)
      return []
    const sheet = sheets.findIndex(({ module }) => module === site.module)
    return sheet === -1 ? [] : [{ sheet, index: site.indices[0]!, effect: effects[i]! }]
  })
  if (places.length === 0 || places.length > 20_000)
    return undefined
  const used = sheets.map((_, sheet) => sheet).filter(sheet => places.some(place => place.sheet === sheet))
  const largest = places.reduce((most, { effect }) => Number.isFinite(effect) ? Math.max(most, Math.abs(effect)) : most, 0) || 1
  const gap = 18
  const share = (WIDTH - gap * (used.length + 1)) / used.reduce((sum, sheet) => sum + Math.max(4, sheets[sheet]!.columns), 0)
  const pitch = Math.min(14, share, 260 / Math.max(...used.map(sheet => sheets[sheet]!.rows)))
  const tallest = Math.max(...used.map(sheet => sheets[sheet]!.rows)) * pitch
  const height = Math.ceil(tallest + 62)
  const parts: Html[] = []
  let left = gap
  for (const sheet of used) {
    const { module, columns, rows } = sheets[sheet]!
    const width = Math.max(4, columns) * pitch
    const top = 24 + (tallest - rows * pitch) / 2
    parts.push(html`<text x="${px(left)}" y="14">${module}</text>`)
    for (const { index, effect } of places.filter(place => place.sheet === sheet))
      parts.push(html`<circle cx="${px(left + (index % columns + 0.5) * pitch)}" cy="${px(top + (Math.floor(index / columns) + 0.5) * pitch)}" r="${px(pitch * 0.44)}" fill="${tint(effect / largest)}" stroke="#c5cdd0" stroke-width="0.4"/>`)
    left += Math.max(width, module.length * 6.6) + gap
  }
  parts.push(html`<g>${Array.from({ length: 41 }, (_, i) => html`<rect x="${gap + i * 4}" y="${height - 26}" width="4.2" height="9" fill="${tint((i - 20) / 20)}"/>`)}<text x="${gap}" y="${height - 4}">${figure(-largest)}</text><text x="${gap + 82}" y="${height - 4}" text-anchor="middle">0</text><text x="${gap + 164}" y="${height - 4}" text-anchor="end">${figure(largest)}</text></g>`)
  return { drawing: drawing(height, `Map of ${plural(places.length, 'effect')}`, parts, Math.max(WIDTH, Math.ceil(left))), placed: places.length }
}

/** Faithfulness over the share of sites kept, best first. */
export function curveFigure({ curve }: Certificate): Html | undefined {
  const points = curve.filter(({ share, faithfulness }) => share > 0 && Number.isFinite(faithfulness))
  if (points.length < 2)
    return undefined
  const height = 210
  const shares = points.map(({ share }) => share)
  const f = frame({ low: Math.min(...shares), high: Math.max(...shares), name: 'share of sites kept', log: true }, { ...padded(points.map(({ faithfulness }) => faithfulness), [0, 1]), name: 'faithfulness' }, height, 420)
  const line = points.map(({ share, faithfulness }) => `${px(f.x(share))},${px(f.y(faithfulness))}`).join(' ')
  return drawing(height, `Faithfulness at ${whole(points.length)} sizes`, [
    f.axes,
    html`<line class="zero" x1="${f.left}" x2="${f.right}" y1="${px(f.y(1))}" y2="${px(f.y(1))}"/><polyline points="${line}" fill="none" stroke="#33434b"/>`,
    ...points.map(({ share, faithfulness }) => html`<circle cx="${px(f.x(share))}" cy="${px(f.y(faithfulness))}" r="3" fill="#33434b"/>`),
  ], 420)
}

/** White at 0, towards blue below and amber above; −1 … 1. Grey where there is no effect to tell. */
function tint(share: number): string {
  if (Number.isNaN(share))
    return '#d9d9d9'
  const [r, g, b] = share < 0 ? [28, 111, 196] : [185, 106, 0]
  const at = Math.min(1, Math.abs(share)) ** 0.7
  return `#${[r, g, b].map(channel => Math.round(255 + (channel! - 255) * at).toString(16).padStart(2, '0')).join('')}`
}
