/**
 * The mapping protocol's statistics on simulated patients, and what a standard map costs on real ones. Null patients fail 13.3 % of
 * the items for no reason, with stimulation and without: what the clinic's rule of two in three is known to suffer from.
 */
import type { Protocol } from '../../preload/contract/protocol'
import type { Bench, BenchContext } from './bench'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { percent } from '../../main/lib/percent'
import { randomStream } from '../../main/lib/random'
import { binomial, clopperPearson } from '../../main/lib/statistics/binomial'
import { mcNemar } from '../../main/lib/statistics/paired'
import { thresholdOf } from '../../main/lib/statistics/staircase'
import { presetNamed } from '../../main/theatre/mapping/presets'
import { simulatedMap } from '../fixtures/simulatedMap'
import { rounded } from './bench'

const MAPS = Number(process.env.MAPS) || 1000
const SITES = 40
const ERROR = 0.133
const standard = presetNamed('standard')
const fixed: Protocol = { ...standard, stopping: { ...standard.stopping, rule: 'fixed' } }
const fdr: Protocol = { ...standard, test: { ...standard.test, correction: 'bh' } }

export async function bench({ here, say }: BenchContext): Promise<Bench> {
  const figures: Bench['figures'] = {}
  say('null patients…')
  Object.assign(figures, nulls('standard (e-process, Holm)', standard), nulls('fixed trials (McNemar, Holm)', fixed), peeking())
  say('power…')
  Object.assign(figures, found('standard', standard, ERROR), found('standard, no baseline error', standard, 0), found('fixed trials', fixed, ERROR), mixed(), absence(), staircases())
  if (process.env.SIMULATIONS === undefined) Object.assign(figures, real(here, say))
  return { name: 'mapping', figures }
}

function nulls(name: string, protocol: Protocol): Bench['figures'] {
  let [maps, twoMaps, twoSites] = [0, 0, 0]
  for (let seed = 0; seed < MAPS; seed++) {
    const { verdicts, twoOfThree } = simulatedMap({ protocol, interference: Array.from<number>({ length: SITES }).fill(0), baselineError: ERROR, seed })
    maps += verdicts.some(({ verdict }) => verdict === 'positive') ? 1 : 0
    twoMaps += twoOfThree.some(Boolean) ? 1 : 0
    twoSites += twoOfThree.filter(Boolean).length
  }
  return {
    [`${name}: null maps of ${SITES} sites with a false positive (≤ 5 %)`]: ofMany(maps, MAPS),
    [`${name}: the same maps by 2 of 3 · its false positives a site`]: `${percent(twoMaps / MAPS)} · ${percent(twoSites / MAPS / SITES)}`,
  }
}

/** What the e-process is for: McNemar's p looked at after every trial from the third on, at the same level. */
function peeking(): Bench['figures'] {
  const { uniform } = randomStream(1, 'peeking')
  const rounds = 40 * MAPS
  const level = 0.05
  let crossed = 0
  for (let round = 0; round < rounds; round++) {
    let [lost, gained] = [0, 0]
    for (let trial = 1; trial <= standard.trials.most; trial++) {
      for (let item = 0; item < standard.trials.items; item++) {
        const [before, after] = [uniform() < ERROR, uniform() < ERROR]
        lost += !before && after ? 1 : 0
        gained += before && !after ? 1 : 0
      }
      if (trial >= standard.trials.least && mcNemar(lost, gained) <= level) {
        crossed++
        break
      }
    }
  }
  return { 'McNemar looked at after every trial at 0.05, one null site crosses': percent(crossed / rounds) }
}

function found(name: string, protocol: Protocol, baselineError: number): Bench['figures'] {
  let [positive, negative, sites, trials] = [0, 0, 0, 0]
  const interference = Array.from({ length: SITES }, (_, i) => i < 4 ? 0.8 : 0)
  for (let seed = 0; seed < MAPS / 4; seed++) {
    const { verdicts } = simulatedMap({ protocol, interference, baselineError, seed })
    for (const { verdict, n } of verdicts.slice(0, 4)) {
      positive += verdict === 'positive' ? 1 : 0
      negative += verdict === 'negative' ? 1 : 0
      trials += n
      sites++
    }
  }
  return { [`${name}: an interference of 80 % found (≥ 90 %, ≤ ${protocol.trials.most} trials) · called negative · mean trials`]: `${ofMany(positive, sites)} · ${negative} · ${rounded(trials / sites)}` }
}

/** Benjamini–Hochberg: a quarter of the sites interfere. */
function mixed(): Bench['figures'] {
  let share = 0
  const interference = Array.from({ length: SITES }, (_, i) => i < 10 ? 0.5 : 0)
  const maps = MAPS / 4
  for (let seed = 0; seed < maps; seed++) {
    const { verdicts } = simulatedMap({ protocol: fdr, interference, baselineError: ERROR, seed })
    const positive = verdicts.flatMap(({ verdict }, i) => verdict === 'positive' ? [i] : [])
    share += positive.length === 0 ? 0 : positive.filter(i => i >= 10).length / positive.length
  }
  return { 'Benjamini–Hochberg on 1/E, 10 of 40 interfere by half: mean share of false among positive (≤ 5 %)': percent(share / maps) }
}

/** Negative is a claim too: sites that lose just the share it denies. */
function absence(): Bench['figures'] {
  let maps = 0
  const rounds = MAPS / 4
  const interference = Array.from<number>({ length: SITES }).fill(standard.test.absentBelow)
  for (let seed = 0; seed < rounds; seed++) maps += simulatedMap({ protocol: standard, interference, baselineError: 0, seed }).verdicts.some(({ verdict }) => verdict === 'negative') ? 1 : 0
  return { 'maps of 40 sites that lose 25 % with one called negative (≤ 5 %)': ofMany(maps, rounds) }
}

/** A true threshold between steps: how often the bracket holds it, computed over all outcomes of four steps. */
function staircases(): Bench['figures'] {
  const { criterion, confidence, items } = standard.staircase!
  const shares = [0.05, 0.35, 0.65, 0.95]
  let held = 0
  const climb = (at: number, steps: { strength: number, items: number, lost: number }[], probability: number): void => {
    const last = steps.at(-1)
    if (at === shares.length || (last && last.lost >= criterion * items)) {
      const { bracket: { from, to } } = thresholdOf(steps, criterion, confidence, shares.length)
      // The share passes one half between the second step and the third.
      held += (from === undefined || from <= 1) && (to === undefined || to >= 2) ? probability : 0
      return
    }
    for (let lost = 0; lost <= items; lost++) climb(at + 1, [...steps, { strength: at, items, lost }], probability * binomial(lost, items, shares[at]))
  }
  climb(0, [], 1)
  return { 'a staircase’s bracket holds the true threshold (≥ 95 %), exact': percent(held) }
}

function real(here: string, say: (line: string) => void): Bench['figures'] {
  const folder = mkdtempSync(join(tmpdir(), 'symbiote-bench-'))
  try {
    return Object.assign({}, ...['induction', 'digits'].map((primary) => {
      say(`standard map of ${primary}…`)
      const session = join(folder, `${primary}.session`)
      const run = JSON.parse(execFileSync(process.execPath, [join(here, 'cli.js'), 'map', primary, '--executor', 'wasm', '--json', '--quiet', '--out', session], { encoding: 'utf8', maxBuffer: 2 ** 28 })) as Mapped
      const instrument = run.findings.find(({ finding }) => finding === 'instrument')!
      return {
        [`${primary}: unattended standard map, s (≤ 120) · trials`]: `${rounded(run.seconds)} · ${run.trials}`,
        [`${primary}: positive`]: run.sites.filter(({ verdict }) => verdict === 'positive').map(({ address }) => address).join(', ') || 'none',
        [`${primary}: others`]: [...new Set(run.sites.map(({ verdict }) => verdict))].filter(verdict => verdict !== 'positive').map(verdict => `${run.sites.filter(site => site.verdict === verdict).length} ${verdict}`).join(', '),
        [`${primary}: shams bit-identical · states as before`]: `${instrument.identical} of ${instrument.shams} · ${instrument.statesSame} of ${instrument.trials}`,
      }
    })) as Bench['figures']
  }
  finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Mapped { seconds: number, trials: number, sites: { address: string, verdict: string }[], findings: { finding: string, identical: number, shams: number, statesSame: number, trials: number }[] }

function ofMany(k: number, n: number): string {
  const [low, high] = clopperPearson(k, n)
  return `${percent(k / n)} (${percent(low)} to ${percent(high)}, ${k} of ${n})`
}
