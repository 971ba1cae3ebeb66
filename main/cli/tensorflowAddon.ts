/**
 * The steps of `npm run tensorflow`: wheel, package, addon, trial. Each leaves alone what is there already, so a second run
 * goes on where the first stopped. Plain Node runs this; see `built.ts`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const PACKAGE = '@tensorflow/tfjs-node-gpu'

type Say = (line: string) => void

/** Why it cannot be built here, with what would mend it; undefined where it can. */
export function addonObstacle({ platform, arch }: { platform: string, arch: string }): string | undefined {
  if (platform !== 'linux' || arch !== 'x64')
    return `TensorFlow's wheels are used on Linux x64 only, not on ${platform} ${arch}. Use the executors wasm and webgpu here.`
  const missing = ['python3', 'g++'].filter(command => spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0)
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not found. Install ${missing.includes('g++') ? 'a C++ compiler' : 'Python 3 with pip'} first (Debian: apt install python3-pip g++).`
}

/** @returns the folder that holds `tensorflow/` */
export async function installWheel({ folder, cuda, say }: { folder: string, cuda: boolean, say: Say }): Promise<string> {
  if (libraryIn(folder) !== undefined)
    return folder
  say(`Installing TensorFlow's wheel for ${cuda ? 'CUDA 12' : 'CPUs'} into ${folder}…`)
  mkdirSync(folder, { recursive: true })
  // CUDA's libraries are packages the wheel depends on; everything else it depends on is Python's alone.
  await run('python3', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder, ...(cuda ? ['tensorflow[and-cuda]'] : ['--no-deps', 'tensorflow-cpu'])])
  return folder
}

/** npm leaves the package out where its own installer cannot fetch libtensorflow. @returns its folder */
export async function providePackage(root: string, say: Say): Promise<string> {
  const folder = join(root, 'node_modules', PACKAGE)
  if (!existsSync(join(folder, 'package.json'))) {
    say(`Installing ${PACKAGE} without its own library…`)
    await run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${PACKAGE}@4.22.0`], root)
  }
  return folder
}

export async function buildAddon({ folder, wheel, headers, say }: { folder: string, wheel: string, headers: string, say: Say }): Promise<void> {
  const library = libraryIn(wheel)
  if (library === undefined)
    throw new Error(`${wheel} holds no TensorFlow: tensorflow/libtensorflow_cc.so is missing. Give the folder a wheel was installed into.`)
  if (!existsSync(join(headers, 'node_modules/node-api-headers/include/node_api.h')))
    await run('npm', ['install', '--prefix', headers, '--no-audit', '--no-fund', 'node-api-headers'])
  say(`Building the addon against ${library.folder}…`)
  const output = join(folder, 'lib/napi-v8')
  mkdirSync(output, { recursive: true })
  await run('g++', [
    ...['-std=c++20', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
    ...[join(headers, 'node_modules/node-api-headers/include'), join(library.folder, 'include'), '.'].flatMap(path => ['-I', path]),
    ...['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc', '-o', join(output, 'tfjs_binding.node')],
    // Where the wheel lies, not through links: it finds CUDA beside itself.
    ...['-L', library.folder, ...library.names.map(name => `-l:${name}`)],
    ...[library.folder, ...cudaFolders(wheel)].map(path => `-Wl,-rpath,${path}`),
  ], folder)
}

/** The libraries of a wheel, whose names carry a version. */
function libraryIn(wheel: string): { folder: string, names: string[] } | undefined {
  const folder = join(wheel, 'tensorflow')
  const files = existsSync(folder) ? readdirSync(folder) : []
  const names = ['libtensorflow_cc.so', 'libtensorflow_framework.so'].map(name => files.filter(file => file.startsWith(name)).sort()[0])
  return names.every(name => name !== undefined) ? { folder, names } : undefined
}

/** Python's packages of CUDA: `nvidia/cublas/lib`, `nvidia/cudnn/lib` … */
function cudaFolders(wheel: string): string[] {
  const nvidia = join(wheel, 'nvidia')
  return existsSync(nvidia) ? readdirSync(nvidia).map(name => join(nvidia, name, 'lib')).filter(path => existsSync(path)) : []
}

const TRIAL = `
require('node:util').isNullOrUndefined ??= value => value == null
const tf = require('${PACKAGE}')
const x = tf.tensor2d([[1, 2], [3, 4]])
const product = Array.from(tf.matMul(x, x).dataSync()).join(' ')
if (product !== '7 10 15 22') throw new Error('a matrix product is wrong: ' + product)
const { binding, isUsingGpuDevice } = tf.backend()
console.log(JSON.stringify({ version: binding.TF_Version, device: isUsingGpuDevice ? 'a CUDA GPU' : 'the CPU (it finds no CUDA GPU it can use)' }))
`

/** A product in a process of its own: a library that does not fit takes only that one down. */
export async function tryAddon(root: string): Promise<{ version: string, device: string }> {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--input-type=commonjs', '-e', TRIAL], { cwd: root, encoding: 'utf8', env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } })
  const lines = stderr.trim().split('\n')
  if (status !== 0)
    throw new Error(`The addon does not run (${signal ?? `exit code ${status}`}): ${lines.find(line => line.includes('Error')) ?? lines.at(-1)}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as { version: string, device: string }
}

function run(command: string, args: string[], cwd?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], ...(cwd === undefined ? {} : { cwd }) })
    let complaint = ''
    child.stderr.on('data', (chunk) => { complaint = (complaint + String(chunk)).slice(-4000) })
    child.on('error', error => reject(new Error(`${command} could not be started: ${error.message}`)))
    child.on('close', code => code === 0 ? resolve() : reject(new Error(`${command} failed with code ${code}:\n${complaint.trim()}`)))
  })
}
