/**
 * `npm run tensorflow`: gives this checkout the tensorflow executor on Linux x64. The addon of TensorFlow.js is built against
 * TensorFlow's own Python wheel, whose CUDA is of today; the one its installer fetches wants CUDA 11.2 and cuDNN 8.1 exactly.
 * Plain Node runs this; see `built.ts`.
 *
 *   npm run tensorflow                    the wheel with CUDA 12, about 3 GB
 *   npm run tensorflow -- --cpu           the wheel for CPUs, about 300 MB
 *   npm run tensorflow -- --wheel FOLDER  one that is installed: the folder that holds `tensorflow/`
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { addonObstacle, buildAddon, installWheel, providePackage, tryAddon } from './tensorflowAddon.ts'

const root = join(import.meta.dirname, '../..')
const say = (line: string): void => void process.stderr.write(`${line}\n`)

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { cpu: { type: 'boolean' }, wheel: { type: 'string' } } })
  const obstacle = addonObstacle({ platform: process.platform, arch: process.arch })
  if (obstacle !== undefined) throw new Error(obstacle)
  const data = join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'symbiote')
  const wheel = values.wheel ?? await installWheel({ folder: join(data, values.cpu ? 'tensorflow-cpu' : 'tensorflow-cuda'), cuda: !values.cpu, say })
  const folder = await providePackage(root, say)
  await buildAddon({ folder, wheel, headers: join(data, 'node-api-headers'), say })
  const { version, device } = await tryAddon(root)
  say(`TensorFlow ${version} works on ${device}. \`npm run -s symbiote -- doctor\` times it beside the other executors.`)
}

main().catch((error: Error) => {
  say(error.message)
  process.exit(1)
})
