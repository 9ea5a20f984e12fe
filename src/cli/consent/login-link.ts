/**
 * A link: the address of a consent page for somebody else, who answers elsewhere and later. Its `state` is kept sealed
 * until then; the address is all that is printed.
 */
import { formatAccount } from '../../tokens/account.ts'
import { toIso } from '../../tokens/time.ts'
import { ASKED_FOR_MS } from '../../vault/asked-consents.ts'
import type { Exit } from '../exit.ts'
import { showDay, showSpan } from '../render/dates.ts'
import { folded } from '../render/fold.ts'
import { renderJson } from '../render/json.ts'
import type { LoginLink } from '../shapes/login-shape.ts'
import type { World } from '../world.ts'
import { consentAddress, type LoginChoices, type LoginRequest, newProof } from './login-request.ts'

/** Where the seller has to go on to, and until when what comes back is taken. */
export interface Onward {
  readonly onward: string
  /** The end of the link that it belongs to. */
  readonly until: number
}

/** Makes a link, in the place of an earlier one of the account, and prints it; or prints where the one there leads on to. */
export async function printLink(
  request: LoginRequest,
  choices: LoginChoices & { readonly json?: boolean },
  world: World,
  onward?: Onward,
): Promise<Exit> {
  const name = formatAccount(request.account)
  const { onward: address, until } = onward ?? (await newLink(request, choices, world))
  const { adapter, flow } = request
  if (choices.json === true) {
    const link: LoginLink = {
      version: 1,
      account: name,
      address,
      codeSeconds: flow.codeSeconds,
      until: toIso(until),
    }
    world.terminal.out(renderJson(link))
    return 0
  }
  const { terminal } = world
  if (onward !== undefined)
    terminal.err(folded(`${adapter.title} stopped half-way, at the app's own log-in page.`, terminal))
  // Alone on its line and never folded: it is meant to be sent.
  terminal.out(`${address}\n`)
  terminal.err(
    folded(
      `Send this address to the seller of ${name}; it is good until ${showDay(until)}. After agreeing, the browser goes to another page, which need not load: its whole address must come back to you within ${showSpan(flow.codeSeconds)}.`,
      terminal,
    ),
  )
  terminal.err(folded(`Next: \`tokenctl login ${name} --resume\`, and paste what came back.`, terminal))
  return 0
}

async function newLink(request: LoginRequest, choices: LoginChoices, world: World): Promise<Onward> {
  const { account, adapter, header, ports, region, vault } = request
  const proof = newProof(request.flow)
  const address = consentAddress(request, proof, choices)
  const askedAt = world.clock.now()
  await (await vault.askedConsents()).keep({
    account: formatAccount(account),
    ...proof,
    app: choices.app ?? header?.app ?? null,
    region,
    environment: ports.destinationOf(adapter).environment,
    replacesSeller: choices.replaceSeller === true,
    askedAt,
  })
  return { onward: address, until: askedAt + ASKED_FOR_MS }
}
