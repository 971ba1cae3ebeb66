/** Wires the window together once: greeting, keys, menu, commands, what is spoken. Called by `App.vue`; returns its undo. */
import { effectScope, watch } from 'vue'
import { listenForKeys } from '../commands/keys'
import { runCommand } from '../commands/registry'
import { theatreCommands } from '../commands/theatre'
import { workstationCommands } from '../commands/workstation'
import { effectText } from '../components/format'
import { useConnection } from '../stores/connection'
import { useElectrode } from '../stores/electrode'
import { setText } from '../stores/operation'
import { useUi } from '../stores/ui'

export function useTheatre(): () => void {
  const connection = useConnection()
  const scope = effectScope()
  scope.run(speakAnswers)
  const undos = [
    workstationCommands(),
    theatreCommands(),
    connection.onView('command', id => void runCommand(id)),
    listenForKeys(window, () => connection.isOpen),
    () => scope.stop(),
  ]
  return () => undos.forEach(undo => undo())
}

/** A screen reader hears the result of a gesture, not every notch of a drag. */
function speakAnswers(): void {
  const electrode = useElectrode()
  const ui = useUi()
  watch(() => electrode.history.at(-1), (done) => {
    const answer = electrode.response
    if (!done || !answer)
      return
    const effect = answer.measures.targetLogProbability.effect
    ui.announce(`${setText(done.set)}: ${done.changed} of ${done.battery} answers changed, log probability of the target ${effectText(effect)} nats.`)
  })
}
