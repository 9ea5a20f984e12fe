/**
 * A door before the simulated marketplaces: it lets each question through and holds the answer back while something is
 * done on this machine. So a test can act in the midst of a renewal, after the token was spent and before anybody here
 * knows what came of it.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Front {
  readonly origin: string
  /** What is done while an answer waits; nothing at first. */
  meanwhile: () => void | Promise<void>
}

/** Opens a door to the marketplaces at `origin`; closed when the test is over. */
export async function openFront(origin: string): Promise<Front> {
  const front = { origin: '', meanwhile: (): void | Promise<void> => {} }
  const server = createServer(async (question, answer) => {
    const parts: Buffer[] = []
    for await (const part of question) parts.push(part as Buffer)
    const headers = Object.entries(question.headers).filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === 'string' && !['host', 'connection', 'content-length'].includes(entry[0]),
    )
    const real = await fetch(`${origin}${question.url}`, {
      method: question.method ?? 'POST',
      headers,
      body: Buffer.concat(parts).toString('latin1'),
    })
    const body = await real.text()
    await front.meanwhile()
    answer.writeHead(real.status, { 'content-type': real.headers.get('content-type') ?? '' })
    answer.end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  front.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return front
}
