/**
 * The only way from the panels to the 3D view: mounts it, feeds it from the stores, and turns its hits into addresses.
 * The scene knows site numbers and typed arrays; the stores know addresses; this file is the border.
 */
import type { Hit, PointerPlace, Scene } from '../scene/scene'
import { onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import { layoutOf } from '../../preload/contract/layout'
import { createScene, sceneThemes } from '../scene/scene'
import { useConnection } from '../stores/connection'
import { useElectrode } from '../stores/electrode'
import { usePatient } from '../stores/patient'
import { useUi } from '../stores/ui'
import { feedScene } from './sceneFeed'
import { addressOf, nearestUnit, placeOf } from './scenePlaces'

export interface Hover { hit: Hit, place: PointerPlace }

/** The mounted scene, for commands and lists that frame something. Undefined while there is none. */
export const sceneHandle = shallowRef<Scene>()

/** Looks at one sheet from where the camera is, near enough to fill the view. */
export function frameSheet(sheet: number | undefined): void {
  const scene = sceneHandle.value
  const architecture = usePatient().info?.architecture
  if (!scene)
    return
  if (sheet === undefined || !architecture)
    return scene.frame()
  const { x, rows, columns, pitch } = layoutOf(architecture).sheets[sheet]!
  const distance = 1.5 * pitch * Math.max(rows, columns) + 6
  scene.setView({ position: [x + 0.55 * distance, 0.22 * distance, 0.8 * distance], target: [x, 0, 0] }, true)
}

/** Pixels. */
const AWAY = 14
const REDUCED = '(prefers-reduced-motion: reduce)'

export interface SceneMount {
  canvas: () => HTMLCanvasElement | null
  overlay: () => HTMLElement | null
}

export function useScene(mount: SceneMount) {
  const connection = useConnection()
  const electrode = useElectrode()
  const patient = usePatient()
  const ui = useUi()
  const hover = shallowRef<Hover>()
  const problem = ref<string>()
  const contextLost = ref(false)
  const undos: (() => void)[] = []
  /** After a click the answer is what is looked at; the card stays away until the pointer leaves the place. */
  let clicked: PointerPlace | undefined

  onMounted(() => {
    const scene = start()
    if (!scene)
      return
    sceneHandle.value = scene
    undos.push(
      feedScene(scene),
      scene.onHover((hit, place) => {
        if (clicked && place && Math.hypot(place.x - clicked.x, place.y - clicked.y) < AWAY)
          return
        clicked = undefined
        hover.value = hit && place ? { hit, place } : undefined
      }),
      scene.onClick(({ hit, place, shift }) => {
        clicked = place
        hover.value = undefined
        touch(scene, aimed(scene, hit, place), shift)
      }),
      watch(() => connection.settings.theme, theme => scene.setTheme(sceneThemes[theme])),
      watchMotion(reduced => scene.setReducedMotion(reduced)),
      every(500, () => ui.frameMs = scene.stats().frameMs),
    )
  })

  function start(): Scene | undefined {
    try {
      const canvas = mount.canvas()!
      const scene = createScene(canvas, mount.overlay()!, {
        theme: sceneThemes[connection.settings.theme],
        reducedMotion: matchMedia(REDUCED).matches,
        onContext: state => contextLost.value = state === 'lost',
      })
      // Benchmarks and browser tests ask the scene where a site is on the screen.
      Object.assign(canvas, { scene })
      return scene
    }
    catch (error) {
      problem.value = error instanceof Error ? error.message : String(error)
      return undefined
    }
  }

  /**
   * Until a unit is chosen the connections are there to be seen: a single one has next to no effect, and they lie over
   * small units. So a click on one means the unit close by, as does a click that just misses.
   */
  function aimed(scene: Scene, hit: Hit | undefined, place: PointerPlace): Hit | undefined {
    if (hit?.kind === 'site' || (hit && electrode.wires))
      return hit
    const near = nearestUnit(scene, patient.sizes, place)
    return near && { kind: 'site', ...near }
  }

  /** A click stimulates; with Shift it only adds to the selection. Replaying, mapping and in Symbiote it only selects. */
  function touch(scene: Scene, hit: Hit | undefined, shift: boolean): void {
    if (!hit)
      return
    const address = addressOf(hit)
    if (address === undefined)
      return ui.announce(hit.kind === 'site' && hit.sheet === 0 ? 'This is the input and has no gate. Stimulate what reads it.' : 'This is an answer and no site. Stimulate what leads to it.')
    if (shift)
      return electrode.toggle(address)
    electrode.select([address])
    if (ui.mode === 'replay' || ui.mode === 'map' || ui.mode === 'symbiote')
      return
    const place = placeOf(address)
    if (place)
      scene.flash(place)
    electrode.stimulate()
  }

  onBeforeUnmount(() => {
    undos.forEach(undo => undo())
    sceneHandle.value?.dispose()
    sceneHandle.value = undefined
  })

  return { hover, problem, contextLost }
}

function watchMotion(listener: (reduced: boolean) => void): () => void {
  const query = matchMedia(REDUCED)
  const handle = (): void => listener(query.matches)
  query.addEventListener('change', handle)
  return () => query.removeEventListener('change', handle)
}

function every(ms: number, action: () => void): () => void {
  const timer = setInterval(action, ms)
  return () => clearInterval(timer)
}
