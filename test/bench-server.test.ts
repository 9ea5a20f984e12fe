/** The server of tokens that the benchmarks start, and their check that a run renewed each account as often as it should. */
import { expect, onTestFinished, test } from 'vitest'

interface Asked {
  readonly account: string
  readonly outcome: string
}

interface ServerProcess {
  startServer(words?: readonly string[]): Promise<{ readonly origin: string; end(): void }>
  presented(origin: string, name?: string): Promise<readonly Asked[]>
  refuseOdd(asked: readonly Asked[], accounts: number, each?: number): void
}

const bench = async (file: string) => await import(new URL(`bench/${file}`, import.meta.url).href)
const { startServer, presented, refuseOdd } = (await bench('server-process.js')) as ServerProcess
const { refreshTokenOf, TOKEN_PATH } = (await bench('fleet-server.js')) as {
  refreshTokenOf(account: string): string
  TOKEN_PATH: string
}

test('what it was presented is told in order, of all or of some', async () => {
  const { origin, end } = await startServer()
  onTestFinished(end)
  for (const token of [refreshTokenOf('main'), refreshTokenOf('7'), 'of nobody']) {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token })
    const answer = await fetch(origin + TOKEN_PATH, {
      method: 'POST',
      headers: { authorization: 'Basic eA==' },
      body,
    })
    await answer.arrayBuffer()
  }
  expect(await presented(origin)).toMatchObject([
    { account: 'main', outcome: 'refreshed' },
    { account: '7', outcome: 'refreshed' },
    { account: null, outcome: 'unknown' },
  ])
  expect(await presented(origin, 'ma')).toMatchObject([{ account: 'main' }])
})

test('one that ends before it listens is an error, and no wait', async () => {
  await expect(startServer(['--port', '-1'])).rejects.toThrow('The server of tokens did not start.')
})

const asked = (...accounts: string[]): Asked[] => accounts.map(account => ({ account, outcome: 'refreshed' }))

test.each<[string, readonly Asked[], number, number]>([
  ['each once', asked('a', 'b', 'c'), 3, 1],
  ['one several times', asked('a', 'a', 'a'), 1, 3],
])('%s: is in order', (_, all, accounts, each) => {
  expect(() => refuseOdd(all, accounts, each)).not.toThrow()
})

test.each<[string, readonly Asked[], number, number]>([
  ['one not at all', asked('a', 'b'), 3, 1],
  ['one twice', asked('a', 'b', 'c', 'c'), 3, 1],
  ['one twice in place of another', asked('a', 'c', 'c'), 3, 1],
  ['one once too often, another too seldom', asked('a', 'b', 'b', 'b'), 2, 2],
  ['one in vain', [...asked('a', 'b'), { account: 'c', outcome: 'spent' }], 3, 1],
  ['one in vain before', [...asked('a', 'b', 'c'), { account: 'c', outcome: 'spent' }], 3, 1],
])('%s: is refused', (_, all, accounts, each) => {
  expect(() => refuseOdd(all, accounts, each)).toThrow(/^Of \d accounts \d were refreshed, by \d requests/)
})
