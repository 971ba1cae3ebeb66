/** A symbiote beside a primary that trains on, with the real engine: on the weights of a step, and said to be of it. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readCheckpoint } from '../../main/files/checkpoint'
import { encodeSafetensors } from '../../main/files/safetensors'
import { findAskedSchema } from '../../preload/contract/symbiote'
import { testTheatre, until } from '../fixtures/theatre'

it('reads the newest weights while the training goes on, and names their step', async () => {
  const theatre = await testTheatre()
  try {
    const { host, home } = theatre
    await expect(host.openTraining()).rejects.toMatchObject({ code: 'not-training' })
    await host.train({ recipe: 'digits', name: 'young', seed: 5, steps: 3000 })
    await expect(host.openTraining()).rejects.toMatchObject({ code: 'training-young' })
    const training = async () => (await host.hello()).training!
    // Stopped early and gone on with, there is a checkpoint at once.
    await until('steps', () => theatre.heard.some(([event, [info]]) => event === 'training' && (info as { step: number }).step > 20), 60_000)
    await host.cancelTraining()
    await host.train({ recipe: 'digits', name: 'young', seed: 5, resume: true })
    const { checkpoint, run } = await training()
    expect(checkpoint).toBeGreaterThan(20)

    const patient = await host.openTraining()
    const { weights } = await readCheckpoint(join(home, 'primaries', 'young')).then(({ checkpoint: kept }) => kept)
    const hash = createHash('sha256')
    for (const part of encodeSafetensors(weights)) hash.update(part)
    expect(patient).toMatchObject({ name: `young at step ${checkpoint}`, trainedSteps: checkpoint, training: run, weightsSha256: hash.digest('hex') })

    const before = (await training()).step
    const found = await host.find({ ...findAskedSchema.parse({ sites: 'units', objective: 'sufficient', seeds: 1, steps: 20, certificate: 'fast' }), references: [] })
    expect(found.certificate.provenance).toMatchObject({ primaryStep: checkpoint, primarySha256: patient.weightsSha256 })
    // Neither waits for the other.
    expect(await training()).toMatchObject({ state: 'running' })
    expect((await training()).step).toBeGreaterThan(before)
    await host.cancelTraining()
    await expect(host.openTraining()).rejects.toMatchObject({ code: 'not-training' })
  }
  finally {
    await theatre.close()
  }
}, 180_000)
