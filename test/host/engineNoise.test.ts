import { expect, it } from 'vitest'
import { isNoise } from '../../main/host/engineNoise'

/** As TensorFlow 2.21 and Dawn printed them. */
const chatter = [
  'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR',
  'I0000 00:00:1795345997.781623    8225 port.cc:153] oneDNN custom operations are on.',
  '2026-11-22 11:18:08.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary is optimized',
  'Warning: Couldn\'t load Vulkan: libvulkan.so.1: cannot open shared object file: No such file or directory',
  '    at operator() (/home/runner/work/node-webgpu/node-webgpu/third_party/dawn/src/dawn/native/vulkan/BackendVk.cpp:368)',
]
const news = [
  'E0000 00:00:1795345997.781623    8225 cuda_dnn.cc:8310] Unable to register cuDNN factory',
  'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  '    at operate (/app/out/main/engine.js:10:3)',
  'Warning: something else',
]

it.each(chatter)('hides %s', line => expect([isNoise(line, {}), isNoise(line, { SYMBIOTE_DEBUG: '1' })]).toEqual([true, false]))
it.each(news)('keeps %s', line => expect(isNoise(line, {})).toBe(false))
