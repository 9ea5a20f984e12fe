/**
 * `tokenctl demo`: the whole story on the simulator, by the very commands that a person types, in a throw-away home
 * with an encrypted file vault. Touches nothing of the person's; what it made is removed at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SeedAccount, seedApp } from '../../simulator/seed.ts'
import { type Simulator, startSimulator } from '../../simulator/simulator.ts'
import { addDuration, DAY, type EpochMs } from '../../tokens/time.ts'
import { type Exit, gravest, ownExit } from '../exit.ts'
import type { World } from '../world.ts'

/** Shops of every age, so that the first table has every state that time alone can bring about. */
function shops(now: EpochMs): readonly SeedAccount[] {
  const ago = (days: number) => now - days * DAY
  const shop = (
    account: string,
    age: number,
    life: number,
    more: Partial<SeedAccount> = {},
  ): SeedAccount => ({
    account,
    consentAt: ago(age),
    consentUntil: ago(age - life),
    ...more,
  })
  return [
    shop('ebay:main', 200, 547, { renewedAt: addDuration(now, { months: -4 }) }),
    shop('ebay:outlet', 530, 547, { renewedAt: ago(40) }),
    shop('amazon:main', 120, 365, { region: 'na' }),
    shop('amazon:europe', 30, 365, { region: 'eu' }),
    shop('aliexpress:main', 20, 60, { renewedAt: ago(5) }),
    shop('aliexpress:gadgets', 66, 60),
  ]
}

/** The commands of the story, each with what a person would give it on standard input. */
interface Step {
  readonly say: string
  readonly words: readonly string[]
  readonly input?: { readonly shownAs: string; readonly text: () => string }
}

function story(simulator: Simulator): readonly Step[] {
  const imported = { shownAs: 'accounts.json', text: () => JSON.stringify(simulator.importDocument()) }
  return [
    {
      say: 'Six shops of different ages are imported: keys and tokens go, sealed, into the vault.',
      words: ['import'],
      input: imported,
    },
    { say: 'This is what a seller types first. What is not `ok` says what to type next.', words: ['status'] },
    {
      say: 'One command renews all that a program can renew; from cron it is this same line.',
      words: ['renew', '--all', '--due'],
    },
    {
      say: 'Amazon wants a person: the seller presses "Authorize app" in Seller Central and pastes the new token.',
      words: ['set-amazon', 'main', '--stdin'],
      input: { shownAs: 'the pasted token', text: () => simulator.newAmazonToken('amazon:main') },
    },
    { say: 'And the table again. What is left needs the seller, and says so.', words: ['status'] },
  ]
}

export async function demoRun(world: World): Promise<Exit> {
  const home = await mkdtemp(join(tmpdir(), 'tokenctl-demo-'))
  const now = world.clock.now()
  const apps = [
    seedApp('ebay'),
    seedApp('amazon', now - 100 * DAY, { isPrivate: true }),
    seedApp('aliexpress'),
  ]
  const simulator = await startSimulator({ clock: world.clock, seed: { apps, accounts: shops(now) } })
  try {
    return await tell(simulator, home, world)
  } finally {
    await simulator.close()
    await rm(home, { recursive: true, force: true })
  }
}

async function tell(simulator: Simulator, home: string, world: World): Promise<Exit> {
  const { out } = world.terminal
  out('A throw-away home, an encrypted file vault, and three marketplaces simulated on this machine.\n')
  const statuses: Exit[] = []
  const run = async (words: readonly string[], input?: string): Promise<Exit> => {
    let talk = ''
    const terminal = {
      ...world.terminal,
      isInteractive: false,
      err: (text: string) => {
        talk += text
      },
      readStdin: async () => input ?? '',
      readStdinBytes: async () => Buffer.from(input ?? ''),
    }
    const end = await world.again(
      words,
      {
        TOKENCTL_HOME: home,
        TOKENCTL_KEY_FILE: undefined,
        CREDENTIALS_DIRECTORY: undefined,
        NO_PROXY: '127.0.0.1',
        no_proxy: '127.0.0.1',
      },
      terminal,
    )
    const status = ownExit(end)
    // What a step says beside its result (it runs on a simulator) would only tire; its faults would not.
    if (status !== 0 && status !== 3) world.terminal.err(talk)
    return status
  }
  for (const [key, value] of settings(simulator)) statuses.push(await run(['config', 'set', key, value]))
  for (const { say, words, input } of story(simulator)) {
    out(`\n${say}\n\n$ tokenctl ${words.join(' ')}${input === undefined ? '' : `   < ${input.shownAs}`}\n`)
    const status = await run(words, input?.text())
    // 3 is part of the story (a person must act); anything else would mean that the demo does not work.
    statuses.push(status === 3 ? 0 : status)
  }
  out('\nNothing is left of it. To connect your own shops, see the README, or type: tokenctl status\n')
  return gravest(statuses)
}

function settings({ origin }: Simulator): readonly (readonly [string, string])[] {
  return [
    ['store', 'file'],
    ['endpoint.ebay', origin],
    ['endpoint.amazon', origin],
    ['endpoint.aliexpress', origin],
  ]
}
