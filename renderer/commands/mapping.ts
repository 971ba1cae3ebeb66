/** Commands of a mapping by protocol. While one is under way Space presents, a digit scores, Esc stops everything. */
import type { Command } from './registry'
import { RESPONSE_VOCABULARY } from '../../preload/contract/vocabulary'
import { useMapping } from '../stores/mapping/mapping'
import { useUi } from '../stores/ui'
import { registerCommands } from './registry'

/** Registers them; returns its own undo. */
export function mappingCommands(): () => void {
  const mapping = useMapping()
  const ui = useUi()
  const here = (): boolean => ui.mode === 'map' && ui.mapTab === 'protocol'
  const running = (): boolean => here() && mapping.info?.status === 'running'
  const standing = (): boolean => here() && (mapping.info?.status === 'paused' || mapping.info?.status === 'interrupted')
  const commands: Command[] = [
    { id: 'mapping.present', title: 'Present the next trial', group: 'Map', keys: ['Space'], when: () => running() && mapping.info?.mode !== 'unattended', run: () => void mapping.present() },
    ...RESPONSE_VOCABULARY.terms.flatMap(({ code, label, key }): Command[] => key === undefined
      ? []
      : [{ id: `mapping.score.${code}`, title: `Score: ${label}`, group: 'Map', keys: [String(key)], when: () => here() && mapping.active && mapping.shown !== undefined, run: () => void mapping.score(code) }]),
    { id: 'mapping.interrupt', title: 'Stop everything', group: 'Map', keys: ['Escape'], when: running, run: () => void mapping.interrupt() },
    { id: 'mapping.resume', title: 'Go on with the mapping', group: 'Map', keys: ['Enter'], when: standing, run: () => void mapping.pause(false) },
    { id: 'mapping.pause', title: 'Pause the mapping', group: 'Map', when: running, run: () => void mapping.pause(true) },
    { id: 'mapping.end', title: 'End the mapping here', group: 'Map', when: () => here() && mapping.active, run: () => ui.dialog = 'mapping-end' },
    { id: 'mapping.unblind', title: 'Unblind the mapping', group: 'Map', keys: ['u'], when: () => here() && mapping.info?.blinded === true, run: () => ui.dialog = 'unblind' },
    { id: 'mapping.report', title: 'The report of the mapping', group: 'Map', when: () => mapping.view !== undefined && !mapping.view.blinded, run: () => mapping.reportOpen = true },
    { id: 'mapping.another', title: 'Prepare another mapping', group: 'Map', when: () => here() && mapping.info?.status === 'finished', run: () => mapping.another() },
  ]
  return registerCommands(commands)
}
