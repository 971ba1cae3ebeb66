/**
 * jax-js' kernels on a GPU: WebGPU under Node through Dawn, whose package is optional and never bundled. Without a driver
 * for Vulkan, Metal or D3D12 there is no adapter; a software adapter is one, and is named as what it is.
 */
import type { Executor } from './executor'
import process from 'node:process'
import { getWebGPUDevice, init } from './jax'
import { createJaxExecutor, jaxVersion, packageVersion } from './jaxExecutor'

interface Dawn { create: (options: string[]) => unknown, globals: Record<string, unknown> }

/** As Dawn tells of it; empty where it does not. */
interface AdapterInfo { vendor?: string, architecture?: string, device?: string, description?: string, isFallbackAdapter?: boolean }

const PACKAGE = 'webgpu'

/** Throws where the package or an adapter is missing. */
export async function createWebgpuExecutor(): Promise<Executor> {
  await provideWebgpu()
  const devices = await init('webgpu')
  if (!devices.includes('webgpu')) throw new Error('no adapter: Dawn finds no driver for Vulkan, Metal or D3D12')
  const { adapterInfo } = getWebGPUDevice() as unknown as { adapterInfo: AdapterInfo }
  return createJaxExecutor('webgpu', {
    device: inWords(adapterInfo),
    threads: 1,
    versions: { 'node': process.versions.node, 'webgpu': packageVersion(PACKAGE) ?? 'unknown', '@jax-js/jax': jaxVersion() },
  })
}

/** Gives jax-js the browser's `navigator.gpu`. Kept for the life of the process, as Dawn wants. */
async function provideWebgpu(): Promise<void> {
  const navigator = globalThis.navigator as { gpu?: unknown }
  if (navigator.gpu) return
  const { create, globals } = await import(/* @vite-ignore */ PACKAGE) as Dawn
  Object.assign(globalThis, globals)
  Object.defineProperty(navigator, 'gpu', { value: create([]), configurable: true })
}

function inWords({ vendor, architecture, device, description, isFallbackAdapter }: AdapterInfo): string {
  const named = description || [vendor, architecture, device].filter(Boolean).join(' ') || 'a GPU without a name'
  return isFallbackAdapter || /swiftshader|llvmpipe/i.test(`${architecture} ${description}`) ? `${named} (software, on the CPU)` : named
}
