/** Waiting for the answer of a consent: by the listener, by the paste, whichever comes first; and who ends the wait. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { awaitAnswer } from '../../../src/cli/consent/login-answer.ts'
import { type LoginChoices, loginRequest, openForLogin } from '../../../src/cli/consent/login-request.ts'
import { TokenctlError } from '../../../src/errors.ts'
import type { Redirected } from '../../../src/marketplaces/adapter.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { type ConsentWorld, type ConsentWorldOptions, consentWorld } from '../../support/consent-world.ts'

const STATE = 'the-state-of-this-run'
const CODE = 'v^1.1#i^1#p^3#t^H4sIAAAA'
const right = `https://shop.example/?state=${STATE}&code=${encodeURIComponent(CODE)}`
const LOOPBACK = 'http://127.0.0.1:8765/callback?shop=1'

interface Awaiting extends ConsentWorldOptions {
  readonly marketplace?: string
  readonly choices?: LoginChoices
}

/** Begins to wait; `told` is what the person was told of the listener. */
async function wait({ marketplace = 'ebay', choices = {}, ...options }: Awaiting) {
  const world = await consentWorld(options)
  const account = { marketplace, name: 'main' }
  const region = marketplace === 'amazon' ? { region: 'na' as const } : {}
  const request = await loginRequest(account, region, await openForLogin(account, {}, world), world)
  const told: boolean[] = []
  const answer = awaitAnswer(
    request,
    {
      state: new Secret(STATE),
      choices,
      show: async isListening => {
        told.push(isListening)
      },
      open: address => world.openBrowser(address),
    },
    world,
  )
  return { world, told, answer }
}

const revealed = ({ code, seller }: Redirected) => [code.reveal(), seller]
const stillListening = ({ listening }: ConsentWorld) => [...listening.values()].filter(isOpen => isOpen)

afterEach(() => {
  vi.useRealTimers()
})

describe('what comes first ends the other', () => {
  test('the listener, on the address of the app', async () => {
    const arrives = () => new Map(Object.entries({ state: STATE, code: CODE, expires_in: '299' }))
    const { world, told, answer } = await wait({ keys: { ebay: { redirectUri: LOOPBACK } }, arrives })
    expect(revealed(await answer)).toEqual([CODE, null])
    expect(told).toEqual([true])
    expect([...world.listening]).toEqual([['127.0.0.1:8765/callback', false]])
    expect(world.asked).toEqual(['Or paste the address:'])
  })

  test('the paste, and nobody listens any more', async () => {
    const { world, told, answer } = await wait({ keys: { ebay: { redirectUri: LOOPBACK } }, pastes: [right] })
    expect(revealed(await answer)).toEqual([CODE, null])
    expect([told, stillListening(world)]).toEqual([[true], []])
  })

  test.each([undefined, 'https://shop.example/back', 'http://localhost:8765/callback'])(
    'the paste alone, where the app’s address is %s',
    async redirectUri => {
      const keys = redirectUri === undefined ? {} : { keys: { ebay: { redirectUri } } }
      const { world, told, answer } = await wait({ ...keys, pastes: [right] })
      expect(revealed(await answer)).toEqual([CODE, null])
      expect([told, world.listening.size, world.asked]).toEqual([[false], 0, ['Paste the address:']])
    },
  )

  test('a port that is taken leaves the paste, and is told', async () => {
    const arrives = new TokenctlError('USAGE', 'The answer cannot be caught.', { fix: 'Paste it.' })
    const { world, told, answer } = await wait({
      keys: { ebay: { redirectUri: LOOPBACK } },
      arrives,
      pastes: [right],
    })
    await answer
    expect([told, world.asked]).toEqual([[false], ['Paste the address:']])
    expect(world.terminal.shown.err).toBe('The answer cannot be caught. Paste it.\n')
  })

  test('an answer to somebody else at the listener ends nothing', async () => {
    const arrives = () =>
      new Map([
        ['state', 'another'],
        ['code', CODE],
      ])
    const { world, answer } = await wait({
      keys: { ebay: { redirectUri: LOOPBACK } },
      arrives,
      pastes: [slowly(right)],
    })
    expect(revealed(await answer)).toEqual([CODE, null])
    expect(stillListening(world)).toEqual([])
  })
})

/** Pasted only after the listener has had its turn. */
const slowly = (text: string) => async () => {
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  return text
}

describe('a refusal of the seller ends the wait, in either way', () => {
  test('caught', async () => {
    const arrives = () =>
      new Map([
        ['state', STATE],
        ['error', 'access_denied'],
      ])
    const { world, answer } = await wait({ keys: { ebay: { redirectUri: LOOPBACK } }, arrives })
    await expect(answer).rejects.toMatchObject({ code: 'CONSENT_DENIED' })
    expect(stillListening(world)).toEqual([])
  })

  test('pasted', async () => {
    const { answer } = await wait({ pastes: [`https://shop.example/?error=access_denied&state=${STATE}`] })
    await expect(answer).rejects.toMatchObject({ code: 'CONSENT_DENIED' })
  })

  test('not without its state: nobody knows whose refusal it is', async () => {
    const { world, answer } = await wait({ pastes: ['https://shop.example/?isAuthSuccessful=false', right] })
    expect(revealed(await answer)).toEqual([CODE, null])
    expect(world.refused).toEqual([
      expect.stringMatching(
        /^Not taken\. This address has no `state`, .* Consent at the address that is shown above/,
      ),
    ])
  })
})

describe('the paste', () => {
  test.each([
    [
      'of another state',
      right.replace(STATE, 'another'),
      /belongs to another login: its `state` is not the one of this run\. Consent at/,
    ],
    ['without one', right.replace(`state=${STATE}&`, ''), /has no `state`/],
    ['with two', `${right}&state=${STATE}`, /names one parameter twice/],
    [
      'of another marketplace',
      `https://shop.example/?state=${STATE}&code=3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26`,
      /This is the answer of AliExpress, and eBay was asked/,
    ],
    ['that is nothing', ' ', /Nothing was pasted/],
    ['when eBay is out of order', `https://shop.example/?state=${STATE}&error=server_error`, /out of order/],
  ])('%s is asked for again, and says why', async (_, text, says) => {
    const { world, answer } = await wait({ pastes: [text, right] })
    expect(revealed(await answer)).toEqual([CODE, null])
    expect(world.refused).toEqual([expect.stringMatching(says)])
    expect(world.refused[0]).toMatch(/^Not taken\. /)
    expect(world.refused.join()).not.toContain(CODE)
  })

  test('of far too much is asked for again', async () => {
    const tooMuch = () => {
      throw new TokenctlError('USAGE', 'Far more was pasted than an answer has.', {
        fix: 'Copy the one value.',
      })
    }
    const { world, answer } = await wait({ pastes: [tooMuch, right] })
    expect(revealed(await answer)).toEqual([CODE, null])
    expect(world.terminal.shown.err.replace(/\s+/g, ' ')).toContain(
      'Not taken. Far more was pasted than an answer has. Copy the one value. Time left: 15 min.',
    )
    expect(world.asked).toHaveLength(2)
  })

  test('of what is no error of ours, and Ctrl-C, end the wait', async () => {
    for (const error of [new TypeError('a bug'), new TokenctlError('CANCELLED', 'Stopped.')]) {
      const stop = () => {
        throw error
      }
      const { world, answer } = await wait({ keys: { ebay: { redirectUri: LOOPBACK } }, pastes: [stop] })
      await expect(answer).rejects.toBe(error)
      expect(stillListening(world)).toEqual([])
    }
  })
})

describe('Amazon’s stop half-way', () => {
  const stopped = `https://shop.example/log-in?amazon_callback_uri=${encodeURIComponent('https://sellercentral.amazon.com/apps/authorize/confirm/amzn1.sp.solution.1')}&amazon_state=abc&selling_partner_id=A3FHEXAMPLE`
  const last = `https://shop.example/?state=${STATE}&selling_partner_id=A3FHEXAMPLE&spapi_oauth_code=RHxExample`

  test('is opened and told, and goes on to the code', async () => {
    const { world, answer } = await wait({ marketplace: 'amazon', pastes: [stopped, last] })
    expect(revealed(await answer)).toEqual(['RHxExample', 'A3FHEXAMPLE'])
    expect(world.opened).toEqual([
      `https://sellercentral.amazon.com/apps/authorize/confirm/amzn1.sp.solution.1?amazon_state=abc&state=${STATE}`,
    ])
    expect(world.refused[0]).toMatch(
      /^Amazon stopped half-way, .* Open this address in the same browser, and paste the one that it ends at: https:/,
    )
    expect(world.refused[0]).toContain(world.opened[0])
  })

  test('that leads elsewhere is not gone to', async () => {
    const elsewhere = stopped.replace('sellercentral.amazon.com', 'evil.example')
    const { world, answer } = await wait({ marketplace: 'amazon', pastes: [elsewhere, last] })
    await answer
    expect(world.opened).toEqual([])
    expect(world.refused[0]).toMatch(/does not lead on to Amazon's page for this app/)
  })
})

test('after a quarter of an hour without an answer it ends, and nobody listens', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { world, answer } = await wait({ keys: { ebay: { redirectUri: LOOPBACK } } })
  const ended = expect(answer).rejects.toMatchObject({
    code: 'ANSWER_MISSING',
    message: 'No answer came within 15 min; nothing was changed.',
    fix: expect.stringContaining('--link'),
  })
  await vi.advanceTimersByTimeAsync(15 * 60_000 - 1)
  expect(stillListening(world)).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  await ended
  expect(stillListening(world)).toEqual([])
})
