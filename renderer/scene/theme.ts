/** Colours of the scene, as tokens. The panels have their own; these are the ones the GPU and the labels over it need. */

export interface SceneTheme {
  ground: string
  /** Middle of the ground, behind the sheets. */
  glow: string
  /** Pane behind each sheet and its outline. */
  plate: string
  rule: string
  ink: string
  inkQuiet: string
  inkFaint: string
  /** A site nothing happened to. */
  neutral: string
  /** Ends of the effect scale: inhibition or decrease, stimulation or increase. */
  blue: string
  amber: string
  /** A pixel at 0 and at 1. */
  pixelOff: string
  pixelOn: string
  /** Tickets. */
  paper: string
  paperInk: string
  /** How strongly spheres are shaded, 0 flat … 1; flat ones have more contrast. */
  relief: number
  /** Opacity of the strongest connection at rest. */
  edges: number
}

const dark: SceneTheme = {
  ground: '#0b0f12',
  glow: '#151d22',
  plate: '#11171b',
  rule: '#243038',
  ink: '#dfe8ea',
  inkQuiet: '#93a4ab',
  inkFaint: '#748790',
  neutral: '#5b6972',
  blue: '#4aa3ff',
  amber: '#f2a33a',
  pixelOff: '#182026',
  pixelOn: '#f7f4ec',
  paper: '#f4f1e8',
  paperInk: '#11171b',
  relief: 1,
  edges: 0.5,
}

const light: SceneTheme = {
  ground: '#f3f2ee',
  glow: '#fbfaf7',
  plate: '#ffffff',
  rule: '#d3d5d2',
  ink: '#182025',
  inkQuiet: '#4d5b62',
  inkFaint: '#64727a',
  neutral: '#b4bcc0',
  blue: '#0f66d0',
  amber: '#b86600',
  pixelOff: '#e9e8e3',
  pixelOn: '#171d21',
  paper: '#fffdf5',
  paperInk: '#11171b',
  relief: 0.55,
  edges: 0.6,
}

const contrast: SceneTheme = {
  ground: '#000000',
  glow: '#000000',
  plate: '#000000',
  rule: '#7f8b91',
  ink: '#ffffff',
  inkQuiet: '#e2e8ea',
  inkFaint: '#c3cdd1',
  neutral: '#8b979d',
  blue: '#63b4ff',
  amber: '#ffb43f',
  pixelOff: '#1b1f22',
  pixelOn: '#ffffff',
  paper: '#ffffff',
  paperInk: '#000000',
  relief: 0.35,
  edges: 0.8,
}

export const sceneThemes: Record<'dark' | 'light' | 'contrast', SceneTheme> = { dark, light, contrast }
