/** Commands of annotation: marks, terms of the active tier, stepping, bulk edits, tiers, raters. */
import type { Stretch } from '../stores/session/tracks'
import type { Command } from './registry'
import { useAnnotations } from '../stores/annotations'
import { useLive } from '../stores/live'
import { useRecording } from '../stores/recording'
import { useReplay } from '../stores/replay'
import { useTiers } from '../stores/tiers'
import { useUi } from '../stores/ui'
import { registerCommands } from './registry'

/** A key held for less puts a point, ms. */
const HELD = 350
const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9]

/** `selection`: the stretch between in and out, or what was drawn on the timeline. */
export function annotateCommands(selection: () => Stretch | undefined): () => void {
  const annotations = useAnnotations()
  const replay = useReplay()
  const recording = useRecording()
  const live = useLive()
  const tiers = useTiers()
  const ui = useUi()
  const can = (): boolean => annotations.canAnnotate && (replay.active || recording.isRecording)
  const any = (): boolean => annotations.list.length > 0
  const picked = (): boolean => annotations.canAnnotate && annotations.picks.count > 0
  const now = (): number => replay.active ? replay.now() : live.now()

  const terms = DIGITS.map((digit): Command => {
    let put: ReturnType<typeof annotations.addTerm> | undefined
    return {
      id: `annotate.term.${digit}`,
      title: `Term ${digit} of the active tier (hold: a stretch)`,
      group: 'Annotate',
      keys: [`Digit${digit}`, `Numpad${digit}`],
      keyOnly: true,
      when: () => can() && tiers.termOfKey(digit) !== undefined,
      run: () => {
        const stretch = selection()
        const added = annotations.addTerm(digit, stretch)
        // A selection says already how long it is.
        put = stretch === undefined ? added : undefined
        void added.then(one => one && ui.announce(tiers.lineOf(one)))
      },
      release: (ms) => {
        const t = now()
        const added = put
        put = undefined
        if (ms >= HELD)
          void added?.then(one => one && annotations.stretchTo(one.annotation, t))
      },
    }
  })

  return registerCommands([
    { id: 'annotate.now', title: 'Annotate this moment', group: 'Annotate', keys: ['KeyM'], when: can, run: () => void annotations.add() },
    { id: 'annotate.selection', title: 'Annotate the selection', group: 'Annotate', keys: ['Shift+KeyM'], when: () => can() && selection() !== undefined, run: () => void annotations.add(selection()) },
    ...terms,
    { id: 'annotate.tier', title: 'Digits write to the next tier', group: 'Annotate', keys: ['KeyV'], when: () => can() && tiers.tiers.length > 1, run: () => {
      tiers.cycle()
      ui.announce(`Digits write to ${tiers.active?.name}`)
    } },
    { id: 'annotate.previous', title: 'Previous annotation', group: 'Annotate', keys: ['['], repeats: true, when: any, run: () => annotations.jump(-1) },
    { id: 'annotate.next', title: 'Next annotation', group: 'Annotate', keys: [']'], repeats: true, when: any, run: () => annotations.jump(1) },
    { id: 'annotate.pickAll', title: 'Pick all annotations found, for a bulk edit', group: 'Annotate', when: any, run: () => annotations.picks.all() },
    { id: 'annotate.unpick', title: 'Pick no annotation', group: 'Annotate', keys: ['Escape'], when: () => replay.active && annotations.picks.count > 0, run: () => annotations.picks.clear() },
    { id: 'annotate.removePicked', title: 'Remove the picked annotations', group: 'Annotate', keys: ['Delete'], when: picked, run: () => void annotations.removeMany(annotations.picks.ids) },
    { id: 'annotate.tiers', title: 'Tiers and vocabularies', group: 'Annotate', when: can, run: () => ui.dialog = 'tiers' },
    { id: 'annotate.import', title: 'Import annotations from CSV', group: 'Annotate', when: () => can() && replay.active, run: () => ui.dialog = 'csv' },
    { id: 'annotate.raters', title: 'Two raters: rate blind, compare', group: 'Annotate', when: () => replay.active, run: () => ui.raters = true },
  ])
}
