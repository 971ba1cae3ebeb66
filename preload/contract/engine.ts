/** What the host asks of the engine process and what comes back. Tensors cross here; files do not. */
import type { InterventionSet } from './intervention'
import type { JudgeProgress, JudgeRequest, JudgeResult } from './judge'
import type { MatchProgress, MatchRequest, MatchResult } from './match'
import type { Planted, PlantRequest } from './planted'
import type { Architecture } from './primary'
import type { ReadProgress, ReadRequest, ReadResult } from './reader'
import type { Effect } from './session'
import type { DoseCurve, DoseRequest, SweepProgress, SweepRequest, SweepResult } from './sweep'
import type { FindProgress, FindRequest, FindResult } from './symbiote'

export interface Tensor {
  shape: number[]
  data: Float32Array | Int32Array | Uint8Array
}

/** Items as the engine holds them. `scale` multiplies stored inputs, so that pixels travel as bytes. */
export interface Items {
  inputs: Tensor
  scale: number
  /** Class of each item; for next-token items the token at each position, item after item. */
  targets: Int32Array
  /** Like `targets`, 1 where a position counts for loss and measures, 0 where not; left out, all count. Next-token items only. */
  mask?: Float32Array
  counterfactual?: Tensor
}

export interface EngineDescription {
  executor: string
  device: string
  threads: number
  versions: Record<string, string>
  /** Resident set, bytes. */
  memory: number
  /** Why this executor, in one sentence. */
  reason: string
  /** What `auto` found, for the engine's next start (`SYMBIOTE_EXECUTOR_NOTE`), so that nothing is timed twice. */
  note?: string
  /** Milliseconds of a digits training step (128 items) and of its forward pass on 256 items, where they were measured. */
  timing?: { step: number, forward: number }
}

export interface SiteStatistics {
  /** One array per sheet of the layout after the input, of what `Presentation.activations` shows there: mean and standard deviation over the calibration items. */
  mean: Float32Array[]
  sigma: Float32Array[]
  items: number
}

export interface Patient {
  architecture: Architecture
  weights: Record<string, Tensor>
  /** The items to observe and stimulate with: the test split. */
  items: Items
  /** Unit vectors in the residual stream by address, `blocks.1.resid_post.direction[name]`. */
  directions?: Record<string, Float32Array>
  /** Chooses which items calibrate and which make the battery. */
  seed: number
  /** How many of each, at most; they share no item where there are enough. */
  calibrationItems: number
  batteryItems: number
  /** Found when the same was opened before; it is taken for what it is. */
  statistics?: SiteStatistics
}

export interface OpenedPatient {
  statistics: SiteStatistics
  /** Rows of the patient's items that effects are measured on. */
  battery: Int32Array
}

/** Strongest connections for one item, by |weight × activation|, as parallel arrays. */
export interface Connections {
  /** Index of the weight layer: 0 joins the input to `layers.0`. */
  layer: Uint8Array
  from: Uint16Array
  to: Uint16Array
  weight: Float32Array
  /** weight × activation of the source. */
  flow: Float32Array
}

/** One item seen by the primary. */
export interface Presentation {
  item: number
  target: number
  /** The token position the answer is read at: the last that counts. Transformers only. */
  position?: number
  /** The input as the primary sees it. */
  input: Float32Array
  /**
   * One array per sheet of the layout after the input, the last being the logits. Of an mlp the units; of a cnn's channels the mean
   * over the map; of a transformer, at `position`: of each head the length of what it gives out (‖z‖), of its mlps the units.
   */
  activations: Float32Array[]
  probabilities: Float32Array
}

export type Measure = 'loss' | 'accuracy' | 'targetLogProbability' | 'margin' | 'kl' | 'agreement'

export interface ChangedAnswer {
  item: number
  target: number
  before: number
  after: number
}

export interface StimulateRequest {
  set: InterventionSet
  focus: number
  /** Rows of the patient's items that effects are measured on. */
  battery: Int32Array
}

export interface StimulateResult {
  before: Presentation
  after: Presentation
  /** Paired over the battery. */
  measures: Record<Measure, { before: number, after: number, effect: Effect }>
  changed: ChangedAnswer[]
  /** Of the focus item under stimulation: log p(target) and target logit minus the best other, nats. */
  focus: { targetLogProbability: number, margin: number }
  /** Logits of focus and battery, item by item, at the positions that count: what a trial's hash is taken over. */
  outputs: Float32Array
  pairedOutputs: Float32Array
  /** Milliseconds spent in the engine. */
  latencyMs: number
}

/** Of AdamW; without one it is Adam with its paper's numbers. */
export interface Optimiser { beta1: number, beta2: number, weightDecay: number }

export interface TrainRequest {
  run: string
  architecture: Architecture
  train: Items
  test: Items
  seed: number
  steps: number
  batch: number
  learningRate: number
  /** How the rate goes over the run: as it is, or in a straight line to zero at the last step. */
  schedule: 'constant' | 'linear'
  optimiser?: Optimiser
  /** Steps between checkpoints. */
  checkpointEvery: number
  /** Continue from here: parameters, optimiser state and step. */
  from?: Checkpoint
}

/** Everything needed to go on as if nothing had happened. */
export interface Checkpoint {
  step: number
  weights: Record<string, Tensor>
  first: Record<string, Tensor>
  second: Record<string, Tensor>
}

export interface TrainProgress {
  run: string
  step: number
  steps: number
  loss: number
  /** Test accuracy, when it was measured at this step. */
  accuracy?: number
  msPerStep: number
}

export interface TrainResult {
  state: 'finished' | 'cancelled' | 'diverged'
  checkpoint: Checkpoint
  metrics: Record<string, number>
  seconds: number
}

/** Toy models of superposition, one per sparsity, trained side by side. */
export interface SuperpositionRequest {
  features: number
  dimensions: number
  /** Probability that a feature is absent. */
  sparsities: number[]
  steps: number
  batch: number
  seed: number
}

export interface SuperpositionResult {
  /** [models, dimensions, features]. */
  weights: Tensor
  /** [models, features]. */
  bias: Tensor
}

export interface EngineFunctions {
  describe: () => Promise<EngineDescription>
  /** GFLOP/s of a 512 × 512 matrix product, median of several. */
  benchmark: () => Promise<number>
  /** Takes a patient in, calibrates it, and makes it the one that `present` and `stimulate` mean. */
  open: (patient: Patient) => Promise<OpenedPatient>
  present: (item: number) => Promise<Presentation>
  /** Unstimulated values at hooks and attention patterns, by name, [items, …]: `blocks.0.attn.pattern` is [items, heads, query, key]. */
  observe: (request: { names: string[], items: Int32Array }) => Promise<Record<string, Tensor>>
  /** The unstimulated answer to every item of the patient. */
  answers: () => Promise<Int32Array>
  stimulate: (request: StimulateRequest) => Promise<StimulateResult>
  /** Strongest connections for an item: `perLayer` in each weight layer, or `perLayer` into and out of one unit. */
  connections: (request: { item: number, perLayer: number, unit?: { layer: number, index: number } }) => Promise<Connections>
  /** One effect per site. Progress comes as `sweeping`; `cancel` keeps what there is. */
  sweep: (request: SweepRequest) => Promise<SweepResult>
  /** One site at a ladder of strengths. Throws the UserError `cancelled`. */
  dose: (request: DoseRequest) => Promise<DoseCurve>
  /** Trains a symbiote and judges the circuit it found. Progress comes as `finding`; `cancel` keeps what there is. */
  find: (request: FindRequest) => Promise<FindResult>
  /** Trains a reader over several primaries. Progress comes as `reading`; cancelled, it throws the UserError `cancelled`. */
  trainReader: (request: ReadRequest) => Promise<ReadResult>
  train: (request: TrainRequest) => Promise<TrainResult>
  superposition: (request: SuperpositionRequest) => Promise<SuperpositionResult>
  /** Makes a primary with a known circuit, and says what is known. */
  plant: (request: PlantRequest) => Promise<Planted>
  /** Every way of finding a circuit, one after another. Progress comes as `judging`; `cancel` keeps what there is. */
  judge: (request: JudgeRequest) => Promise<JudgeResult>
  /** Which sites of two circuits do the same on the same items. Progress comes as `matching`; cancelled, it throws the UserError `cancelled`. */
  match: (request: MatchRequest) => Promise<MatchResult>
  pause: (run: string, paused: boolean) => Promise<void>
  /** Of a training run, a sweep, a dose–response run, a judging, a matching, a find or a reader's training. */
  cancel: (run: string) => Promise<void>
}

/** What the engine tells the host unasked. */
export interface EngineEvents {
  progress: (progress: TrainProgress) => void
  sweeping: (progress: SweepProgress) => void
  judging: (progress: JudgeProgress) => void
  finding: (progress: FindProgress) => void
  reading: (progress: ReadProgress) => void
  matching: (progress: MatchProgress) => void
  checkpoint: (run: string, checkpoint: Checkpoint) => void
}
