/** Plays a session back as text, or re-executes it and compares every output with the recorded one. */
import type { BodyOf, EventOf } from '../../../preload/contract/session'
import type { SessionReader } from '../../session/reader'
import type { Command, Invocation, Result } from '../command'
import { resolve } from 'node:path'
import { UserError } from '../../../preload/contract/errors'
import { Replay } from '../../theatre/replay'
import { Verifier } from '../../theatre/replayVerify'
import { Interrupted } from '../command'

export const replay: Command = {
  summary: 'play a session back, or re-execute it and compare',
  usage: 'SESSION [--verify]',
  options: { verify: { type: 'boolean' } },
  positionals: { min: 1, max: 1 },
  run: async (invocation) => {
    const { workstation, positionals: [path], options, say } = invocation
    const session = new Replay(workstation.version)
    await session.open(resolve(path))
    try {
      await session.session.whole()
      const { recovery } = session.session
      if (recovery) say(recovery.message)
      return options.verify ? await verify(session, invocation) : playback(session.session)
    }
    finally {
      session.close()
    }
  },
}

function playback(session: SessionReader): Result {
  const { started, annotations, tags, duration, counts } = session.head
  const notes = annotations.map(a => ({ t: a.from.t, line: `${clock(a.from.t)}  “${a.term === undefined ? a.text : `${a.term} ${a.text}`}”${a.author ? ` — ${a.author}` : ''}` }))
  const all = [...trialLines(session), ...notes].sort((a, b) => a.t - b.t).map(({ line }) => line)
  return {
    json: { title: started.title, trials: counts.trials, annotations: annotations.length, tags: tags.length, duration: duration / 1e9 },
    text: [`${started.title}, ${started.startedAt}`, ...all].join('\n'),
  }
}

function* trialLines(session: SessionReader): Generator<{ t: number, line: string }> {
  /** The stimulation on: a trial comes while its own is. */
  let on: EventOf<'stimulation'> | undefined
  for (const event of session.events('stimulation', 'trial')) {
    if (event.kind === 'stimulation') {
      on = event
      continue
    }
    const interventions = on?.stimulation === event.stimulation ? on.interventions : []
    const what = interventions.map(i => `${i.site} ${i.op}${'strength' in i ? ` ${i.strength}` : ''}`).join(', ') || 'nothing'
    yield { t: event.t, line: `${clock(event.t)}  ${what}: item ${event.focus}, target ${event.target}, answer ${event.response} ${event.correct ? '✓' : '✗'}, ${event.changed} answers changed` }
  }
}

async function verify(session: Replay, { workstation, progress, signal }: Invocation): Promise<Result> {
  const verifier = new Verifier({
    engine: workstation.engine(),
    replay: session,
    places: workstation.places,
    patient: () => undefined,
    progress: ({ done, total }) => progress.update(done, total),
  })
  signal.addEventListener('abort', () => verifier.cancel())
  const result = await verifier.verify().catch((error: unknown) => {
    if (error instanceof UserError && error.code === 'cancelled') throw new Interrupted(error.message)
    throw error
  })
  progress.end()
  const exact = result.classes['bit-exact'] === result.trials
  return {
    json: { trials: result.trials, classes: result.classes, maxUlp: result.maxUlp, executor: result.executor, device: result.device, ...(result.firstDeparture ? { firstDeparture: result.firstDeparture } : {}) },
    text: inWords(result),
    exitCode: exact ? 0 : 1,
  }
}

function inWords({ trials, classes, executor, device, firstDeparture }: BodyOf<'verification'>): string {
  const counts = Object.entries(classes).filter(([, count]) => count > 0).map(([name, count]) => `${count.toLocaleString('en')} ${name}`)
  const lines = [`${trials.toLocaleString('en')} trials re-executed with ${executor} on ${device}: ${counts.join(', ') || 'none'}.`]
  if (firstDeparture) lines.push(`First to depart: trial ${firstDeparture.trial}${firstDeparture.sites === undefined ? '' : ` (${firstDeparture.sites.join(', ') || 'nothing stimulated'})`}, item ${firstDeparture.item}: recorded ${firstDeparture.expected}, got ${firstDeparture.got} (${firstDeparture.class}).`)
  return lines.join('\n')
}

function clock(t: number): string {
  const seconds = t / 1e9
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${(seconds % 60).toFixed(3).padStart(6, '0')}`
}
