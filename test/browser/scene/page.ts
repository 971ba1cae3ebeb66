/** The scene alone on a page, with a seeded network, for the browser test and for looking at. The digit comes from the test, as bytes. */
import type { Connections } from '../../../preload/contract/engine'
import type { Hit, Scene } from '../../../renderer/scene/scene'
import type { Network, Pass } from './network'
import { createScene, sceneThemes } from '../../../renderer/scene/scene'
import { makeNetwork, run, strongest } from './network'

export interface Bench {
  scene: Scene
  hits: (Hit | undefined)[]
  clicks: { hit: Hit | undefined, shift: boolean }[]
  contexts: string[]
  views: number
  open: (hidden: number[], input?: number[]) => void
  stimulate: (sheet: number, index: number, animate: 'wave' | 'none') => void
  /** The most active unit of a layer. */
  busiest: (sheet: number) => number
  focus: (sheet: number, index: number) => void
  theme: (name: keyof typeof sceneThemes) => void
}

const query = new URLSearchParams(location.search)
const canvas = document.querySelector<HTMLCanvasElement>('#canvas')!
const overlay = document.querySelector<HTMLElement>('#overlay')!
const contexts: string[] = []
let network: Network
let pass: Pass
let connections: Connections

const scene = createScene(canvas, overlay, {
  theme: sceneThemes[(query.get('theme') ?? 'dark') as keyof typeof sceneThemes],
  reducedMotion: query.has('reduced'),
  onContext: state => contexts.push(state),
})

const bench: Bench = {
  scene,
  hits: [],
  clicks: [],
  contexts,
  views: 0,
  open(hidden, input) {
    network = makeNetwork(7, [784, ...hidden, 10])
    pass = run(network, Float32Array.from(input ?? new Uint8Array(784), x => x / 255))
    scene.setArchitecture({ kind: 'mlp', inputs: 784, hidden, outputs: 10, activation: 'relu' }, Array.from({ length: 10 }, (_, i) => String(i)), [28, 28])
    scene.setPresentation(pass)
    connections = strongest(network, pass, 200)
    scene.setEdges(connections)
  },
  stimulate(sheet, index, animate) {
    const after = run(network, pass.input, { layer: sheet - 1, index, value: 0 })
    const effects = [new Float32Array(784), ...after.activations.map((values, layer) => values.map((x, i) => x - pass.activations[layer]![i]!))]
    effects[effects.length - 1] = after.probabilities.map((p, i) => p - pass.probabilities[i]!)
    const scale = effects.map(values => values.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6) * 0.8)
    scene.setEffect(effects, { scale, animate, origin: sheet, probabilities: after.probabilities })
  },
  busiest: sheet => pass.activations[sheet - 1]!.reduce((best, x, i, all) => x > all[best]! ? i : best, 0),
  focus(sheet, index) {
    scene.setSelection({ sheet, index })
    scene.setFocusEdges(strongest(network, pass, 40, { layer: sheet - 1, index }))
  },
  theme(name) {
    document.body.style.background = sceneThemes[name].ground
    scene.setTheme(sceneThemes[name])
  },
}
scene.onHover(hit => bench.hits.push(hit))
scene.onClick(({ hit, shift }) => bench.clicks.push({ hit, shift }))
scene.onView(() => bench.views++)
Object.assign(window, { bench })
