/** What a screen may ask for, and how a bad call is named. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { UserError } from '../../../preload/contract/errors'
import { checkRequest, requestSchemas } from '../../../preload/contract/requests'

const refusal = (method: string, args: unknown[]): UserError => {
  try {
    checkRequest(method, args)
  }
  catch (error) {
    return error as UserError
  }
  throw new Error('it was accepted')
}

it('fills in the defaults of an intervention', () => {
  const set = { interventions: [{ site: 'layers.0.unit[3]', op: 'gate', strength: 0 }] }
  expect(checkRequest('stimulate', [{ set, focus: 2 }])).toEqual([{
    set: { interventions: [{ site: 'layers.0.unit[3]', op: 'gate', strength: 0, baseline: 'zero' }], compose: false },
    focus: 2,
  }])
})

it('names the method and the place', () => {
  const set = { interventions: [{ site: 'layers.0.unit[3]', op: 'drive', strength: Number.NaN }] }
  const error = refusal('stimulate', [{ set, focus: 2 }])
  expect(error).toBeInstanceOf(UserError)
  expect(error.code).toBe('bad-request')
  expect(error.path).toBe('stimulate[0].set.interventions[0].strength')
  expect(error.message).toContain('stimulate[0].set.interventions[0].strength')
  expect(error.remedy).not.toBe('')
})

it.each([
  ['a missing argument', 'present', []],
  ['one too many', 'hello', [1]],
  ['a negative item', 'present', [-1]],
  ['a fraction of an item', 'present', [0.5]],
  ['an unknown field', 'train', [{ recipe: 'digits', name: 'x', seed: 1, out: '/etc' }]],
  ['an unknown recipe', 'train', [{ recipe: 'cifar', name: 'x', seed: 1 }]],
  ['an unknown purpose', 'chooseFolder', ['anything']],
  ['an empty path', 'openSession', ['']],
])('refuses %s', (_, method, args) => {
  expect(refusal(method, args).code).toBe('bad-request')
})

it.each(['constructor', '__proto__', 'toString', 'then', ''])('refuses the unknown method "%s"', (method) => {
  expect(refusal(method, []).code).toBe('bad-request')
})

it('never fails other than with a UserError, whatever comes', () => {
  fc.assert(fc.property(fc.constantFrom(...Object.keys(requestSchemas)), fc.array(fc.anything(), { maxLength: 3 }), (method, args) => {
    try {
      checkRequest(method, args)
    }
    catch (error) {
      expect(error).toBeInstanceOf(UserError)
    }
  }))
})
