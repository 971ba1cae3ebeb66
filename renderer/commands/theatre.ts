/** Commands of the theatre: stimulating, selecting, items, tags, recording, finding, view. Timeline and training register their own. */
import type { Direction } from '../scene/scene'
import type { Command } from './registry'
import { addressOf, placeOf } from '../composables/scenePlaces'
import { frameSheet, sceneHandle } from '../composables/useScene'
import { useConnection } from '../stores/connection'
import { useElectrode } from '../stores/electrode'
import { useFind } from '../stores/find'
import { INTENTS } from '../stores/operation'
import { usePatient } from '../stores/patient'
import { useRecording } from '../stores/recording'
import { useTags } from '../stores/tags'
import { useUi } from '../stores/ui'
import { registerCommands } from './registry'

/** Units one press of Shift and an arrow jumps. */
const JUMP = 4

export function theatreCommands(): () => void {
  return registerCommands([...stimulating(), ...selecting(), ...items(), ...keeping(), ...finding()])
}

function live(): boolean {
  return useUi().mode !== 'replay' && usePatient().info !== undefined
}

function stimulating(): Command[] {
  const electrode = useElectrode()
  const nudge = (direction: 1 | -1) => (event?: KeyboardEvent): void => electrode.nudge(direction, event ?? { shiftKey: false, altKey: false })
  return [
    { id: 'electrode.apply', title: 'Stimulate the selected site', group: 'Stimulate', keys: ['Space'], when: () => live() && electrode.selection.length > 0, run: () => electrode.stimulate() },
    { id: 'electrode.stop', title: 'Stop everything', group: 'Stimulate', keys: ['Escape'], when: () => live() && (electrode.on || electrode.selection.length > 0), run: () => electrode.on ? void electrode.release('stopped') : electrode.select([]) },
    { id: 'electrode.stronger', title: 'Strength up (Shift larger, Alt finer)', group: 'Stimulate', keys: ['=', '[Shift]+(Equal|=|\\+)', 'Alt+(Equal|=|\\+)'], repeats: true, when: live, run: nudge(1) },
    { id: 'electrode.weaker', title: 'Strength down (Shift larger, Alt finer)', group: 'Stimulate', keys: ['-', '[Shift]+(Minus|-|_)', 'Alt+(Minus|-)'], repeats: true, when: live, run: nudge(-1) },
    ...INTENTS.map(({ id, title }): Command => ({ id: `electrode.${id}`, title: `Electrode: ${title}`, group: 'Stimulate', when: () => live() && electrode.setting.intent !== id, run: () => electrode.setIntent(id) })),
    { id: 'electrode.spread', title: 'Spread over the whole layer, or back', group: 'Stimulate', when: live, run: () => electrode.change({ spread: electrode.setting.spread === 'sites' ? 'layer' : 'sites' }) },
    { id: 'electrode.control', title: 'Measure the control at zero strength', group: 'Stimulate', when: () => live() && electrode.on && electrode.range.rest !== undefined, run: () => void electrode.measureControl() },
  ]
}

function selecting(): Command[] {
  const electrode = useElectrode()
  const ui = useUi()
  const arrows: [Direction, string][] = [['left', 'ArrowLeft'], ['right', 'ArrowRight'], ['up', 'ArrowUp'], ['down', 'ArrowDown']]
  return [
    { id: 'site.find', title: 'Find a site', group: 'Select', keys: ['/'], when: live, run: () => ui.dialog = 'sites' },
    ...arrows.map(([direction, key]): Command => ({
      id: `site.${direction}`,
      title: `Unit ${direction === 'up' ? 'above' : direction === 'down' ? 'below' : `to the ${direction}`} (Shift: ${JUMP} on)`,
      group: 'Select',
      keys: [`[Shift]+${key}`],
      repeats: true,
      keyOnly: true,
      when: live,
      run: event => move(direction, event?.shiftKey ? JUMP : 1),
    })),
    { id: 'site.deselect', title: 'Select nothing', group: 'Select', when: () => electrode.selection.length > 0, run: () => electrode.select([]) },
    { id: 'view.frame', title: 'Frame the selection', group: 'View', keys: ['f'], when: () => sceneHandle.value !== undefined, run: frame },
    { id: 'view.frameAll', title: 'Frame the whole network', group: 'View', keys: ['Shift+f'], when: () => sceneHandle.value !== undefined, run: () => {
      ui.layer = undefined
      sceneHandle.value?.frame()
    } },
  ]
}

function move(direction: Direction, times: number): void {
  const electrode = useElectrode()
  for (let i = 0; i < times; i++) {
    const place = sceneHandle.value?.moveSelection(direction)
    const address = place && addressOf({ kind: 'site', ...place })
    if (!address)
      return
    electrode.select([address])
  }
  useUi().announce(electrode.site ?? '')
}

function frame(): void {
  const place = placeOf(useElectrode().site ?? '')
  if (place)
    sceneHandle.value?.frame(place)
  else
    frameSheet(useUi().layer)
}

async function openFolder(): Promise<void> {
  const connection = useConnection()
  const folder = await connection.attempt(() => connection.host.chooseFolder('primary'))
  if (folder)
    await usePatient().open(folder)
}

function items(): Command[] {
  const connection = useConnection()
  const patient = usePatient()
  const ui = useUi()
  return [
    { id: 'item.next', title: 'Next item', group: 'Patient', keys: ['n'], when: live, run: () => void patient.step(1) },
    { id: 'item.previous', title: 'Previous item', group: 'Patient', keys: ['p'], when: live, run: () => void patient.step(-1) },
    { id: 'item.nextWrong', title: 'Next item answered wrong', group: 'Patient', keys: ['w'], when: live, run: () => void patient.nextWrong() },
    { id: 'patient.open', title: 'Choose another patient', group: 'Patient', keys: ['$mod+Shift+KeyO'], run: () => ui.dialog = 'patients' },
    { id: 'patient.openFolder', title: 'Open a patient from a folder', group: 'Patient', when: () => connection.hello?.surface === 'desktop', run: () => void openFolder() },
  ]
}

function keeping(): Command[] {
  const electrode = useElectrode()
  const recording = useRecording()
  const tags = useTags()
  const ui = useUi()
  return [
    { id: 'tag.add', title: 'Tag the selected site', group: 'Annotate', keys: ['t'], when: () => live() && electrode.site !== undefined, run: () => void tags.add(electrode.site!) },
    { id: 'session.record', title: 'Record a session', group: 'Record', keys: ['r'], when: () => live() && !recording.isRecording, run: () => ui.dialog = 'record' },
    { id: 'session.stop', title: 'Stop recording', group: 'Record', keys: ['Shift+r'], when: () => recording.isRecording, run: () => void recording.stop() },
  ]
}

function finding(): Command[] {
  const find = useFind()
  const ui = useUi()
  return [
    { id: 'find.run', title: 'Find the circuit, as it is asked', group: 'Symbiote', when: () => live() && !find.running && find.problem === undefined, run: () => {
      ui.mode = 'symbiote'
      void find.start()
    } },
    { id: 'find.cancel', title: 'End the find here', group: 'Symbiote', when: () => find.running, run: () => void find.cancel() },
    { id: 'find.tags', title: 'Tags over the circuit, or not', group: 'Symbiote', when: () => find.found !== undefined, run: () => find.overlays.tags = !find.overlays.tags },
    { id: 'find.sweep', title: 'The last sweep over the circuit, or not', group: 'Symbiote', when: () => find.found !== undefined, run: () => find.overlays.sweep = !find.overlays.sweep },
  ]
}
