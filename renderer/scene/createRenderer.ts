/** The WebGL renderer and what is known of the machine that runs it. */
import { WebGLRenderer } from 'three'

export interface Drawing {
  renderer: WebGLRenderer
  /** As the browser tells it. */
  name: string
  /** The processor draws: pixels are dear. */
  software: boolean
}

/** Edges of shapes are softened in their shaders, so no multisampling; the ground is the canvas' own background, so the clear colour is none. */
export function createRenderer(canvas: HTMLCanvasElement): Drawing {
  const renderer = new WebGLRenderer({ canvas, antialias: false, alpha: true, stencil: false, powerPreference: 'high-performance' })
  renderer.setClearColor(0, 0)
  const gl = renderer.getContext()
  const extension = gl.getExtension('WEBGL_debug_renderer_info')
  const name = String(gl.getParameter(extension?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER))
  return { renderer, name, software: /swiftshader|llvmpipe|software|basic render/i.test(name) }
}
