/** Commands of transport, for the session open in Replay, and of the timeline. */
import type { Command } from './registry'
import { useExports } from '../stores/exports'
import { useReplay } from '../stores/replay'
import { faster, slower } from '../stores/session/transport'
import { useUi } from '../stores/ui'
import { registerCommands } from './registry'

/** A step of Alt+arrow: one frame at 60 Hz, ns. */
const FRAME = 1e9 / 60

export interface TimelineActions {
  /** Shows all of it. */
  fit: () => void
  /** Fills the view with what is selected. */
  frame: () => void
  canFrame: () => boolean
  /** Above 1 shows less. */
  zoom: (factor: number) => void
  page: (direction: 1 | -1) => void
}

/** Registers them; returns its own undo. */
export function replayCommands(actions: TimelineActions): () => void {
  const replay = useReplay()
  const ui = useUi()
  const exports = useExports()
  const active = (): boolean => replay.active

  const transport: Command[] = [
    { id: 'replay.toggle', title: 'Play or pause', keys: ['Space'], run: () => replay.toggle() },
    { id: 'replay.previousTrial', title: 'Previous trial', keys: ['ArrowLeft'], repeats: true, run: () => replay.step('trialTimes', -1) },
    { id: 'replay.nextTrial', title: 'Next trial', keys: ['ArrowRight'], repeats: true, run: () => replay.step('trialTimes', 1) },
    { id: 'replay.previousTenTrials', title: 'Ten trials back', keys: ['Shift+ArrowLeft'], repeats: true, keyOnly: true, run: () => replay.step('trialTimes', -1, 10) },
    { id: 'replay.nextTenTrials', title: 'Ten trials on', keys: ['Shift+ArrowRight'], repeats: true, keyOnly: true, run: () => replay.step('trialTimes', 1, 10) },
    { id: 'replay.previousFrame', title: 'A sixtieth of a second back', keys: ['Alt+ArrowLeft'], repeats: true, keyOnly: true, run: () => replay.seek(replay.t - FRAME) },
    { id: 'replay.nextFrame', title: 'A sixtieth of a second on', keys: ['Alt+ArrowRight'], repeats: true, keyOnly: true, run: () => replay.seek(replay.t + FRAME) },
    { id: 'replay.previousEvent', title: 'Previous event', keys: [','], repeats: true, run: () => replay.step('times', -1) },
    { id: 'replay.nextEvent', title: 'Next event', keys: ['.'], repeats: true, run: () => replay.step('times', 1) },
    { id: 'replay.backwards', title: 'Play backwards, faster each time', keys: ['KeyJ'], run: () => replay.shuttle(-1) },
    { id: 'replay.pause', title: 'Pause', keys: ['KeyK'], run: () => replay.pause() },
    { id: 'replay.forwards', title: 'Play forwards, faster each time', keys: ['KeyL'], run: () => replay.shuttle(1) },
    { id: 'replay.in', title: 'Selection begins here', keys: ['KeyI'], run: () => replay.setIn() },
    { id: 'replay.out', title: 'Selection ends here', keys: ['KeyO'], run: () => replay.setOut() },
    { id: 'replay.loop', title: 'Loop the selection', run: () => replay.toggleLoop() },
    { id: 'replay.idle', title: 'Skip idle time', run: () => replay.skipIdle = !replay.skipIdle },
    { id: 'replay.start', title: 'To the beginning', keys: ['Home'], run: () => replay.seek(replay.extent.from) },
    { id: 'replay.end', title: 'To the end', keys: ['End'], run: () => replay.seek(replay.extent.to) },
    { id: 'replay.follow', title: 'Follow the recorded camera, or leave it free', run: () => replay.followView = !replay.followView },
    { id: 'replay.verify', title: 'Verify: run every trial again and compare', run: () => void replay.verify() },
    { id: 'replay.export', title: 'Export the session', run: () => replay.summary && exports.ask(replay.summary) },
    { id: 'replay.close', title: 'Close the session', run: () => void replay.close() },
    { id: 'replay.slower', title: 'Slower', keys: ['Shift+<', '<'], repeats: true, run: () => replay.setSpeed(slower(Math.abs(replay.rate))) },
    { id: 'replay.faster', title: 'Faster', keys: ['Shift+>', '>'], repeats: true, run: () => replay.setSpeed(faster(Math.abs(replay.rate))) },
    { id: 'replay.speed', title: 'Speed 1×', run: () => replay.setSpeed(1) },
  ].map(command => ({ ...command, group: 'Replay', when: active }))

  return registerCommands([
    ...transport,
    { id: 'session.import', title: 'Import a session from a bundle', group: 'Replay', run: () => void (ui.dialog = 'import') },
    { id: 'session.library', title: 'Sessions: open one in Replay', group: 'Replay', keys: ['$mod+KeyO'], run: () => void openLibrary() },
    { id: 'timeline.fit', title: 'Show the whole timeline', group: 'View', keys: ['0'], run: actions.fit },
    // In Replay F means the selected stretch, where there is one; otherwise the scene's.
    { id: 'timeline.frame', title: 'Frame the selected stretch or annotation', group: 'View', keys: ['f'], when: () => active() && actions.canFrame(), run: actions.frame },
    { id: 'timeline.zoomIn', title: 'Zoom into the timeline', group: 'View', keys: ['=', '[Shift]+(Equal|=|\\+)'], repeats: true, when: active, run: () => actions.zoom(2) },
    { id: 'timeline.zoomOut', title: 'Zoom out of the timeline', group: 'View', keys: ['-', '[Shift]+(Minus|-|_)'], repeats: true, when: active, run: () => actions.zoom(1 / 2) },
    { id: 'timeline.pageBack', title: 'A page of the timeline back', group: 'View', keys: ['PageUp'], repeats: true, keyOnly: true, when: active, run: () => actions.page(-1) },
    { id: 'timeline.pageOn', title: 'A page of the timeline on', group: 'View', keys: ['PageDown'], repeats: true, keyOnly: true, when: active, run: () => actions.page(1) },
  ])

  async function openLibrary(): Promise<void> {
    if (replay.session !== undefined)
      await replay.close()
    ui.mode = 'replay'
  }
}
