/** The states of a mapping: prepare → calibrate → map → verify → report, and what may happen in each. Pure. */
import type { Interrupt, MappingPhase } from '../../../preload/contract/mapping'
import type { BodyOf } from '../../../preload/contract/session'
import { UserError } from '../../../preload/contract/errors'
import { MAPPING_PHASES } from '../../../preload/contract/mapping'

export type Transition = BodyOf<'mapping.transition'>
export type What = Transition['what']

export interface MachineState {
  phase: MappingPhase
  status: 'running' | 'paused' | 'interrupted' | 'finished'
  interrupt?: { what: Interrupt, message: string }
}

export const BEGINNING: MachineState = { phase: 'prepare', status: 'running' }

/** From which a transition may start. */
const ALLOWED: Record<What, MachineState['status'][]> = {
  begin: ['running'],
  advance: ['running'],
  pause: ['running'],
  resume: ['paused', 'interrupted', 'running'],
  interrupt: ['running', 'paused'],
  end: ['running', 'paused', 'interrupted'],
}

/** Throws the UserError `mapping-state` where that cannot happen now. */
export function transitionFrom({ phase, status }: MachineState, what: What, next?: MappingPhase): { from: MappingPhase, to: MappingPhase } {
  const following = next ?? MAPPING_PHASES[MAPPING_PHASES.indexOf(phase) + 1]
  const moves = what === 'begin' || what === 'advance'
  if (ALLOWED[what].includes(status) && (!moves || (following !== undefined && MAPPING_PHASES.indexOf(following) > MAPPING_PHASES.indexOf(phase)))) return { from: phase, to: moves ? following : phase }
  throw new UserError({
    code: 'mapping-state',
    message: `The mapping is ${status} in its phase “${phase}”: it cannot ${what}.`,
    remedy: status === 'finished' ? 'Start another one.' : status === 'running' ? 'Wait for what is under way.' : 'Let it go on first.',
  })
}

export function reduceMachine({ to, what, interrupt, reason }: Transition): MachineState {
  switch (what) {
    case 'begin':
    case 'advance':
    case 'resume': return { phase: to, status: 'running' }
    case 'pause': return { phase: to, status: 'paused' }
    case 'interrupt': return { phase: to, status: 'interrupted', interrupt: { what: interrupt ?? 'operator', message: reason ?? '' } }
    case 'end': return { phase: to, status: 'finished' }
    default: return what satisfies never
  }
}
