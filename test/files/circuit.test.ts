import type { Certificate, CircuitFile } from '../../preload/contract/symbiote'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readCircuit, writeCircuit } from '../../main/files/circuit'

let root: string
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'symbiote-circuit-')) })
afterEach(() => rmSync(root, { recursive: true }))

const certificate = { format: 'symbiote-certificate/1' } as Certificate
function circuit(sites = 2500): CircuitFile {
  return {
    sites: Array.from({ length: sites }, (_, i) => ({ address: `layers.0.unit[${i}]`, score: i / sites, member: i > 9 })),
    objective: 'necessary',
    baseline: { resample: 3 },
    budget: 0.25,
    seeds: 5,
    primarySha256: 'a'.repeat(64),
    datasetSha256: 'b'.repeat(64),
  }
}

it('is read as it was written, every site on a line of its own', async () => {
  const file = circuit()
  const path = await writeCircuit(join(root, 'circuits', 'one'), { file, gates: new Float32Array(2500), certificate })
  expect(readdirSync(path).sort()).toEqual(['certificate.json', 'circuit.json', 'gates.safetensors'])
  expect(readdirSync(join(root, 'circuits'))).toEqual(['one'])
  const text = readFileSync(join(path, 'circuit.json'), 'utf8')
  expect(JSON.parse(text)).toEqual(file)
  expect(text.split('\n').filter(line => line.includes('"address"'))).toHaveLength(2500)
  expect(await readCircuit(join(path, 'circuit.json'))).toEqual(file)
})

it('is never written over another, nor where it could not be read again', async () => {
  const folder = join(root, 'one')
  await writeCircuit(folder, { file: circuit(3), gates: new Float32Array(3), certificate })
  await expect(writeCircuit(folder, { file: circuit(3), gates: new Float32Array(3), certificate })).rejects.toMatchObject({ code: 'circuit-exists', path: folder })
  const wrong = { ...circuit(3), sites: [{ address: 'layers.0.unit[0]', score: Number.NaN, member: true }] }
  await expect(writeCircuit(join(root, 'two'), { file: wrong, gates: new Float32Array(1), certificate })).rejects.toMatchObject({ code: 'circuit-invalid' })
  expect(readdirSync(root)).toEqual(['one'])
})

const one = { address: 'layers.0.unit[1]', score: 0.5, member: true }
it.each([
  ['no site', []],
  ['a site twice', [one, one]],
  ['a score above 1', [{ ...one, score: 1.5 }]],
  ['an address that is none', [{ ...one, address: 'layers.zero' }]],
])('%s is refused, by name', async (_, sites) => {
  const path = join(root, 'circuit.json')
  writeFileSync(path, JSON.stringify({ ...circuit(1), sites }))
  await expect(readCircuit(path)).rejects.toMatchObject({ code: 'circuit-invalid', path })
})

it('what is missing in it is named', async () => {
  const path = join(root, 'circuit.json')
  const { seeds: _, ...rest } = circuit(1)
  writeFileSync(path, JSON.stringify(rest))
  await expect(readCircuit(path)).rejects.toMatchObject({ code: 'file-invalid', message: expect.stringContaining('seeds') as string })
})
