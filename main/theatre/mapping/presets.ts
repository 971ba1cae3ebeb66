/** Protocols that ship. What they have in common first: a gate is closed step by step, down to the mean of the site. */
import type { PresetName, Protocol } from '../../../preload/contract/protocol'
import { PROTOCOL_FORMAT } from '../../../preload/contract/protocol'

const common = {
  format: PROTOCOL_FORMAT,
  seed: 1,
  sites: 'auto',
  doseCap: 1,
  siteCaps: {},
  working: 'largest',
  blinding: 'both',
  order: { neverTwice: true },
  power: { target: 0.9, interference: 0.8, baselineError: 0 },
  seizure: { norm: 100, entropy: 0.1 },
} as const

const protocols: Record<PresetName, Protocol> = {
  quick: {
    ...common,
    name: 'quick',
    description: 'One strength, three trials of eight items a site, no staircase: a first look. Negative means that less than half of the items are lost.',
    stimulation: { op: 'gate', baseline: 'mean', strengths: [0] },
    battery: { items: 160, heldOut: 0.3 },
    trials: { items: 8, least: 3, most: 3 },
    shams: { rate: 0.1, least: 4 },
    stopping: { rule: 'fixed', seizures: 3 },
    test: { alpha: 0.05, correction: 'bh', absentBelow: 0.5 },
    verify: { items: 32, pairs: 0, margins: [0], tolerance: 0.1 },
  },
  standard: {
    ...common,
    name: 'standard',
    description: 'A staircase of four steps, three to eight trials of eight items a site, stopped when the evidence suffices. Negative means that less than a quarter of the items are lost.',
    stimulation: { op: 'gate', baseline: 'mean', strengths: [0.75, 0.5, 0.25, 0] },
    battery: { items: 256, heldOut: 0.25 },
    trials: { items: 8, least: 3, most: 8 },
    staircase: { items: 8, criterion: 0.5, confidence: 0.95 },
    shams: { rate: 0.1, least: 10 },
    stopping: { rule: 'always-valid', seizures: 5 },
    test: { alpha: 0.05, correction: 'holm', absentBelow: 0.25 },
    verify: { items: 64, pairs: 10, margins: [0, 2, 4], tolerance: 0.1 },
  },
  rigorous: {
    ...common,
    name: 'rigorous',
    description: 'A staircase of eight steps, five to sixteen trials of twelve items a site, thirty shams at least. Negative means that less than a tenth of the items are lost.',
    stimulation: { op: 'gate', baseline: 'mean', strengths: [0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0] },
    battery: { items: 800, heldOut: 0.25 },
    trials: { items: 12, least: 5, most: 16 },
    staircase: { items: 16, criterion: 0.5, confidence: 0.95 },
    shams: { rate: 0.15, least: 30 },
    stopping: { rule: 'always-valid', seizures: 10 },
    test: { alpha: 0.01, correction: 'holm', absentBelow: 0.1 },
    power: { target: 0.95, interference: 0.5, baselineError: 0 },
    verify: { items: 200, pairs: 28, margins: [0, 1, 2, 4, 8], tolerance: 0.05 },
  },
}

export function presetNamed(name: PresetName): Protocol {
  return protocols[name]
}
