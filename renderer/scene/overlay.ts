/**
 * Labels over the canvas as DOM text: sheet captions, class names with probabilities, tickets with their leader lines.
 * Text stays crisp and selectable by tests and readers; positions are set only when the camera or a label changed.
 */
import type { Box, Point } from './placement'
import type { SceneTheme } from './theme'
import { declutter, overlaps, placeTickets, stack } from './placement'
import './overlay.css'

export interface Projected { x: number, y: number, visible: boolean }
export interface Ticket { number: number, sheet: number, index: number }

/** Where things are on the canvas now, pixels. */
export interface Projection {
  caption: (sheet: number) => Projected
  /** Of an output unit, and its radius. */
  output: (index: number) => Projected & { radius: number }
  site: (sheet: number, index: number) => Projected & { radius: number }
  width: number
  height: number
}

interface Label { element: HTMLElement, width: number, height: number }

/** Up to so many outputs are all named. */
const ALL_NAMED = 32
const TICKET = { width: 22, height: 20 }

export class Overlay {
  readonly #root: HTMLElement
  readonly #leaders: SVGPathElement
  #captions: Label[] = []
  #outputs: Label[] = []
  #tickets: Label[] = []
  #tags: readonly Ticket[] = []
  #probabilities: Float32Array | undefined
  #ticketBoxes: { box: Box, tag: Ticket }[] = []
  #outputBoxes: { box: Box, index: number }[] = []
  #measured = false
  /** Sizes of labels by what decides them. */
  readonly #sizes = new Map<string, { width: number, height: number }>()

  constructor(root: HTMLElement) {
    this.#root = root
    root.classList.add('scene-overlay')
    root.setAttribute('aria-hidden', 'true')
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    this.#leaders = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    svg.append(this.#leaders)
    root.append(svg)
  }

  setTheme(theme: SceneTheme): void {
    const variables = { 'ground': theme.ground, 'ink': theme.ink, 'ink-quiet': theme.inkQuiet, 'ink-faint': theme.inkFaint, 'blue': theme.blue, 'amber': theme.amber, 'paper': theme.paper, 'paper-ink': theme.paperInk }
    for (const [name, value] of Object.entries(variables))
      this.#root.style.setProperty(`--scene-${name}`, value)
  }

  setTexts(captions: readonly string[], classNames: readonly string[]): void {
    for (const { element } of [...this.#captions, ...this.#outputs])
      element.remove()
    this.#captions = captions.map(text => this.#label('scene-caption', text))
    this.#outputs = classNames.map((name) => {
      const label = this.#label('scene-output', '')
      const bold = document.createElement('b')
      bold.textContent = name
      label.element.append(bold, document.createElement('span'))
      return label
    })
    this.#probabilities = undefined
    this.#sizes.clear()
    this.#measured = false
  }

  /** What the primary answers, and what it answered without stimulation. */
  setProbabilities(now: Float32Array | undefined, before: Float32Array | undefined): void {
    this.#probabilities = now
    const answer = now === undefined ? -1 : argmax(now)
    const was = before === undefined ? -1 : argmax(before)
    this.#outputs.forEach(({ element }, i) => {
      const p = now?.[i]
      const change = p === undefined || before === undefined ? 0 : p - before[i]!
      element.lastChild!.textContent = p === undefined || (p < 0.01 && Math.abs(change) < 0.01) ? '' : `${(100 * p).toFixed(1)} %`
      mark(element, 'answer', i === answer ? '' : undefined)
      mark(element, 'was', before !== undefined && i === was && was !== answer ? '' : undefined)
      mark(element, 'change', Math.abs(change) < 0.01 ? undefined : change > 0 ? 'up' : 'down')
    })
    this.#measured = false
  }

  setTags(tags: readonly Ticket[]): void {
    for (const { element } of this.#tickets)
      element.remove()
    this.#tags = tags
    this.#tickets = tags.map(({ number }) => this.#label('scene-ticket', String(number)))
  }

  place(projection: Projection): void {
    this.#measure()
    const outputs = this.#placeOutputs(projection)
    const captions = this.#placeCaptions(projection, outputs)
    this.#placeTags(projection, [...outputs, ...captions])
  }

  /** The site whose ticket or name is at a point; both are larger targets than the site itself. */
  at({ x, y }: Point, outputSheet: number): { sheet: number, index: number } | undefined {
    const under = ({ box }: { box: Box }): boolean => overlaps(box, { x, y, width: 0.01, height: 0.01 })
    const ticket = this.#ticketBoxes.findLast(under)
    if (ticket !== undefined)
      return { sheet: ticket.tag.sheet, index: ticket.tag.index }
    const output = this.#outputBoxes.find(under)
    return output === undefined ? undefined : { sheet: outputSheet, index: output.index }
  }

  dispose(): void {
    this.#root.replaceChildren()
    this.#root.classList.remove('scene-overlay')
  }

  #placeOutputs({ output, width, height }: Projection): Box[] {
    const at = this.#outputs.map((_, i) => output(i))
    const boxes = this.#outputs.map((label, i) => ({
      x: at[i]!.x + at[i]!.radius + 10,
      y: at[i]!.y - label.height / 2,
      width: label.width,
      height: label.height,
    }))
    const shown = declutter(boxes, this.#probabilities ?? new Float32Array(boxes.length))
      .map((free, i) => free && this.#named(i) && at[i]!.visible && onCanvas(boxes[i]!, width, height))
    this.#outputs.forEach((label, i) => move(label, boxes[i]!, shown[i]!))
    this.#outputBoxes = boxes.flatMap((box, index) => shown[index] ? [{ box, index }] : [])
    return boxes.filter((_, i) => shown[i])
  }

  /** Among many answers only those that have a chance are named: sixty names would lie on one another. */
  #named(output: number): boolean {
    return this.#outputs.length <= ALL_NAMED || (this.#probabilities?.[output] ?? 0) >= 0.01
  }

  #placeCaptions({ caption, width, height }: Projection, taken: readonly Box[]): Box[] {
    const at = this.#captions.map((_, i) => caption(i))
    const wanted = this.#captions.map((label, i) => ({ x: at[i]!.x - label.width / 2, y: at[i]!.y + 6, width: label.width, height: label.height }))
    const boxes = stack(wanted, taken)
    const shown = boxes.map((box, i) => at[i]!.visible && onCanvas(box, width, height))
    this.#captions.forEach((label, i) => move(label, boxes[i]!, shown[i]!))
    return boxes.filter((_, i) => shown[i])
  }

  #placeTags({ site, width, height }: Projection, taken: readonly Box[]): void {
    const at = this.#tags.map(({ sheet, index }) => site(sheet, index))
    const visible = this.#tags.map((_, i) => i).filter(i => at[i]!.visible && at[i]!.x > 0 && at[i]!.y > 0 && at[i]!.x < width && at[i]!.y < height)
    const centres = placeTickets(visible.map(i => at[i]!), TICKET, taken, { x: 4, y: 4, width: width - 8, height: height - 8 })
    this.#ticketBoxes = []
    const lines: string[] = []
    const shown = new Map(visible.map((i, k) => [i, centres[k]!]))
    this.#tickets.forEach((label, i) => {
      const centre = shown.get(i)
      const box = { x: (centre?.x ?? 0) - TICKET.width / 2, y: (centre?.y ?? 0) - TICKET.height / 2, ...TICKET }
      move(label, box, centre !== undefined)
      if (centre === undefined)
        return
      this.#ticketBoxes.push({ box, tag: this.#tags[i]! })
      lines.push(leader(centre, at[i]!))
    })
    this.#leaders.setAttribute('d', lines.join(''))
  }

  #label(className: string, text: string): Label {
    const element = document.createElement('div')
    element.className = `scene-label ${className}`
    element.textContent = text
    this.#root.append(element)
    return { element, width: 0, height: 0 }
  }

  /**
   * Reading a size forces a layout of the whole window, which costs more than the frame while a session is scrubbed. The type is
   * monospaced, so a label is as wide as any other of its kind with as many letters.
   */
  #measure(): void {
    if (this.#measured)
      return
    this.#measured = true
    const labels = [...this.#captions, ...this.#outputs].map(label => ({ label, kind: kindOf(label.element) }))
    const unknown = new Map(labels.filter(({ kind }) => !this.#sizes.has(kind)).map(({ label, kind }) => [kind, label.element]))
    for (const element of unknown.values())
      element.hidden = false
    for (const [kind, { offsetWidth: width, offsetHeight: height }] of unknown)
      this.#sizes.set(kind, { width, height })
    for (const { label, kind } of labels)
      Object.assign(label, this.#sizes.get(kind))
  }
}

function kindOf(element: HTMLElement): string {
  return [element.className, element.dataset.answer, ...[...element.childNodes].map(({ textContent }) => isAscii(textContent) ? textContent.length : textContent)].join(' ')
}

/** Letters of other scripts may come from another font, of another width. */
function isAscii(text: string | null): text is string {
  return text !== null && /^[\x20-\x7E]*$/.test(text)
}

function argmax(values: Float32Array): number {
  return values.reduce((best, x, i) => x > values[best]! ? i : best, 0)
}

function mark(element: HTMLElement, name: string, value: string | undefined): void {
  if (value === undefined)
    delete element.dataset[name]
  else
    element.dataset[name] = value
}

function move({ element }: Label, { x, y }: Box, visible: boolean): void {
  element.hidden = !visible
  // Whole pixels keep small text sharp.
  element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`
}

function onCanvas({ x, y, width: w, height: h }: Box, width: number, height: number): boolean {
  return x + w > 0 && y + h > 0 && x < width && y < height
}

/** From the ticket to the rim of its site. */
function leader(from: Point, { x, y, radius }: Point & { radius: number }): string {
  const length = Math.hypot(x - from.x, y - from.y)
  const t = length > 0 ? Math.max(0, 1 - radius / length) : 0
  return `M${from.x.toFixed(1)} ${from.y.toFixed(1)}L${(from.x + t * (x - from.x)).toFixed(1)} ${(from.y + t * (y - from.y)).toFixed(1)}`
}
