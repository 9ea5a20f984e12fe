/** How long telling may take, while others wait for what was told. */
import { expect, test } from 'vitest'
import { notify } from '../../../src/cli/notices/notify.ts'
import { SECOND } from '../../../src/tokens/time.ts'
import { at, header } from '../../support/accounts.ts'
import { FINE, noticeWorld, programChannel, vaultListing } from '../../support/notice-world.ts'

const NOW = '2026-11-22T06:00:00Z'
/** Shops of which there is something to tell, one message each. */
const SHOPS = ['ebay:a', 'ebay:b', 'ebay:c', 'ebay:d'].map(account =>
  header({ account, refused: { code: 'GRANT_REJECTED', at: at('2026-11-21') } }),
)

/** A world in which each message takes a channel so long. */
function slowWorld(seconds: Readonly<Record<string, number>>) {
  const made = noticeWorld(NOW, channel => {
    made.clock.advance((seconds[channel] ?? 0) * SECOND)
    return FINE
  })
  return made
}

test('a slow channel leaves the rest for the next run, which tells them once', async () => {
  const { world, told } = slowWorld({ pager: 8 })
  const request = {
    vault: vaultListing(() => ({ accounts: SHOPS })),
    channels: [programChannel('pager')],
    results: [],
    words: [],
  }
  expect(await notify(request, world)).toEqual([
    'The notice channel pager is slow. 2 more messages wait for the next run.',
  ])
  expect(told).toHaveLength(2)
  expect(await notify(request, world)).toEqual([])
  const accounts = told.map(({ message }) => message.notices[0]?.account)
  expect([...accounts].sort()).toEqual(['ebay:a', 'ebay:b', 'ebay:c', 'ebay:d'])
})

test('one that is quick gets all of them', async () => {
  const { world, told } = slowWorld({ pager: 1 })
  const vault = vaultListing(() => ({ accounts: SHOPS }))
  expect(await notify({ vault, channels: [programChannel('pager')], results: [], words: [] }, world)).toEqual(
    [],
  )
  expect(told).toHaveLength(4)
})
