/**
 * A real browser, without a window, that a seller consents in: Debian's Chromium, driven by playwright-core. And an
 * opener (`xdg-open`) that only writes down which address a desktop was asked to show, for the test to go there.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'

const PROGRAM = '/usr/bin/chromium'

/** Why there can be no browser here; undefined where there can. @throws in CI, where one must be. */
export function chromiumMissing(): string | undefined {
  if (existsSync(PROGRAM)) return undefined
  if (process.env['CI'] === 'true')
    throw new Error('The consent tests must run in CI, and chromium is not installed.')
  return 'chromium is not installed'
}

/** Starts it; the caller closes it. */
export function startChromium(): Promise<Browser> {
  // In a container its own sandbox finds no user namespaces; it sees nothing but the simulator here.
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'] })
}

/** What a seller does on a consent page. */
export interface Decision {
  /** The seller's name as the page shows it; left out where the page is signed in already. */
  readonly seller?: string
  readonly decision?: 'agree' | 'decline'
}

/** Goes to a consent page and decides; resolves when the browser has arrived where the marketplace sent it. */
export async function decide(
  page: Page,
  address: string,
  { seller, decision = 'agree' }: Decision,
): Promise<void> {
  await page.goto(address)
  if (seller !== undefined) await page.check(`input[name=seller][value="${seller}"]`)
  const button = page.locator(`button[name=decision][value=${decision}]`)
  await Promise.all([
    page.waitForURL(url => !url.href.startsWith(new URL(address).origin + new URL(address).pathname)),
    button.click(),
  ])
}

/** A desktop's opener that shows nothing. */
export interface FakeOpener {
  /** For the environment of the program: the opener on the path, and a screen to show things on. */
  readonly env: Readonly<Record<string, string>>
  /** Waits for the next address that was to be shown. */
  opened(): Promise<string>
}

/** Puts an opener into a folder. */
export function fakeOpener(folder: string): FakeOpener {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  const note = join(folder, 'opened')
  const program = join(bin, 'xdg-open')
  // Written whole under another name first: the test reads it while this runs.
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$1" > '${note}.new' && cat '${note}.new' >> '${note}'\n`)
  chmodSync(program, 0o755)
  let seen = 0
  return {
    env: { PATH: `${bin}:${process.env['PATH']}`, DISPLAY: ':99' },
    opened: async () => {
      const begun = performance.now()
      for (;;) {
        const lines = existsSync(note) ? readFileSync(note, 'utf8').split('\n').slice(0, -1) : []
        const line = lines[seen]
        if (line !== undefined) {
          seen += 1
          return line
        }
        if (performance.now() - begun > 15_000) throw new Error('No browser was asked for.')
        await wait(30)
      }
    },
  }
}

/** A port that nobody listens on just now, on the loopback address. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
