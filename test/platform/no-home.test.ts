/** Where no home can be told there is one that is none. (A process of such a user: journeys/container.) */
import { expect, test } from 'vitest'
import { nameMissingHome } from '../../src/platform/no-home.ts'

test('a home that is known stays as it is', () => {
  const env = { HOME: '/home/me' }
  nameMissingHome(env, () => '/home/me')
  expect(env).toEqual({ HOME: '/home/me' })
})

test('a user whom nobody knows gets a home that is none', () => {
  const env = { PATH: '/bin' }
  nameMissingHome(env, () => {
    throw new Error('ENOENT')
  })
  expect(env).toEqual({ PATH: '/bin', HOME: '/nonexistent' })
})
