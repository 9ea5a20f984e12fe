import { expect, it } from 'vitest'
import { newHeader } from '../../src/tokens/token-set.ts'
import { twinNote, twinsOf } from '../../src/vault/twins.ts'

const header = (account: string, fingerprint: string | null) =>
  newHeader({ account, app: 'default', environment: 'production', holdsToken: true, fingerprint })

it('accounts with one fingerprint are twins, each of another; none without one', () => {
  const headers = [
    header('a:1', 'x'),
    header('a:2', 'y'),
    header('a:3', 'x'),
    header('a:4', null),
    header('a:5', null),
  ]
  expect([...twinsOf(headers)]).toEqual([
    ['a:3', 'a:1'],
    ['a:1', 'a:3'],
  ])
  expect([...twinsOf(headers.slice(3))]).toEqual([])
})

it('a person is told both names and the mend', () => {
  expect(twinNote(['a:1', 'a:3'])).toMatch(/^a:1 and a:3 hold the same token\..*accounts rename/)
})
