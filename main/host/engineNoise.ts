/**
 * What native libraries print when they start, for their developers: not for somebody who reads a command's one line of
 * complaint. Errors are no noise, and SYMBIOTE_DEBUG=1 shows everything.
 */

const NOISE = [
  // absl, by TensorFlow: information and warnings, `I0000 00:00:1795345997.781623 8225 port.cc:153] …`.
  /^WARNING: All log messages before absl::InitializeLog\(\)/,
  /^[IW]\d{4} \d\d:\d\d:[\d.]+\s+\d+ \S+:\d+\] /,
  /^\d{4}-\d\d-\d\d [\d:.]+: [IW] \S+:\d+\] /,
  // Dawn, where there is no Vulkan: `doctor` says it in words.
  /^Warning: Couldn't load Vulkan: /,
  /^\s+at \S.* \(.*\/dawn\/src\/dawn\//,
]

export function isNoise(line: string, env: NodeJS.ProcessEnv): boolean {
  return env.SYMBIOTE_DEBUG !== '1' && NOISE.some(pattern => pattern.test(line))
}
