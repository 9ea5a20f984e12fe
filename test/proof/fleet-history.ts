/**
 * Judges what was seen of a fleet under faults. Pure. It knows only what the token server, the killer and a trigger in the
 * database saw, and nothing of what the program says of itself but how each account ended.
 */
import type { FleetHistory, FleetVerdict, Presentation } from './fleet-event.ts'

export function checkFleet(history: FleetHistory): FleetVerdict {
  const byAccount = grouped(history.presentations)
  const violations: string[] = []
  for (const [account, presentations] of byAccount) {
    violations.push(...overlaps(account, presentations), ...repeats(account, presentations, history))
  }
  violations.push(...fallen(history), ...lost(history, byAccount), ...leftOver(history))
  return { violations, figures: figuresOf(history) }
}

function grouped(all: readonly Presentation[]): Map<string, Presentation[]> {
  const groups = new Map<string, Presentation[]>()
  for (const each of all) {
    const those = groups.get(each.account)
    if (those === undefined) groups.set(each.account, [each])
    else those.push(each)
  }
  return groups
}

const says = ({ life, token, account }: Presentation) => `life ${life} presented token ${token} of ${account}`

/** No two presentations of an account are ever open at once. */
function* overlaps(account: string, presentations: readonly Presentation[]): Iterable<string> {
  for (const [index, each] of presentations.entries()) {
    const before = presentations.slice(0, index)
    const open = before.find(({ overAt }) => overAt === null || overAt > each.at)
    if (open !== undefined) yield `${says(each)} while life ${open.life} had one of ${account} open`
  }
}

/**
 * A refusal that could not be written down before the store broke down, this many milliseconds around it, is asked for once
 * more; nothing is lost by it. What was issued has no such grace.
 */
const GRACE_MS = 5000

/** A spent token is presented again only where its answer never came to the one who had presented it. */
function* repeats(
  account: string,
  presentations: readonly Presentation[],
  { kills, outages }: FleetHistory,
): Iterable<string> {
  const wasBroken = ({ at, answeredAt }: Presentation) =>
    outages.some(({ from, to }) => at < to + GRACE_MS && (answeredAt ?? at) > from - GRACE_MS)
  for (const [index, each] of presentations.entries()) {
    const before = presentations.slice(0, index).filter(({ token }) => token === each.token)
    const answered = before.find(
      ({ outcome, isLost, life }) => outcome === 'accepted' && !isLost && !kills.has(life),
    )
    if (answered !== undefined) yield `${says(each)} again, though life ${answered.life} had the answer`
    // What was refused is dead, and the record says so: nobody asks again by itself.
    const refused = before.find(
      one => one.outcome === 'spent' && !one.isLost && !kills.has(one.life) && !wasBroken(one),
    )
    if (refused !== undefined)
      yield `${says(each)} again, though life ${refused.life} was told that it is spent`
    if (each.outcome === 'spent' && !before.some(({ outcome }) => outcome === 'accepted'))
      yield `${says(each)}, which was spent, and nobody had presented it`
  }
  const newest = presentations.reduce((most, { token }) => Math.max(most, token), 0)
  const behind = presentations.filter((each, index) =>
    presentations.slice(0, index).some(({ token }) => token > each.token),
  )
  for (const each of behind) yield `${says(each)} after ${newest} of ${account}`
}

/** A record only goes forward: one revision at a time, and never to an earlier generation. */
function* fallen({ changes }: FleetHistory): Iterable<string> {
  for (const { account, generation, revision } of changes) {
    if (generation.to === null) yield `the record of ${account} was removed`
    else if (generation.to < generation.from)
      yield `${account} went back from generation ${generation.from} to ${generation.to}`
    if (revision.to !== null && revision.to !== revision.from + 1)
      yield `${account} went from revision ${revision.from} to ${revision.to}`
  }
}

/** Each record holds the token that was issued last, or says what was lost where something was. */
function* lost(
  { ends, reseeds, kills }: FleetHistory,
  byAccount: ReadonlyMap<string, readonly Presentation[]>,
) {
  for (const { account, stored, issued, says: word } of [...reseeds, ...ends]) {
    const hadLoss = (byAccount.get(account) ?? []).some(
      ({ token, outcome, isLost, life }) =>
        token === stored && outcome === 'accepted' && (isLost || kills.has(life)),
    )
    if (stored === issued && word !== null) yield `${account} holds its newest token and says ${word}`
    else if (stored !== issued && word === null)
      yield `${account} holds token ${stored} in silence, and ${issued} was issued`
    else if (stored !== issued && word !== 'ANSWER_LOST' && word !== 'awaited')
      yield `${account} lost token ${issued} and says ${word}`
    else if (stored !== issued && !hadLoss)
      yield `${account} lost token ${issued}, whose answer came to a life that nobody killed`
    else if (issued > stored + 1) yield `${account} holds token ${stored}, and ${issued} was issued`
  }
}

function* leftOver({ left, codes, ends }: FleetHistory): Iterable<string> {
  // What says why an account was refused may stand behind it, where its removal was cut off: a new consent takes its place.
  const refused = new Set(
    ends.flatMap(({ account, says: word }) => (word === 'ANSWER_LOST' ? [account] : [])),
  )
  for (const key of left.journals)
    if (!refused.has(key.slice('account/'.length))) yield `a journal of ${key} is left`
  for (const name of left.aside) yield `a journal was put aside: ${name}`
  if (left.locks > 0) yield `${left.locks} advisory locks are left`
  for (const [code, count] of Object.entries(codes))
    if (!FORESEEN.has(code)) yield `${count} accounts failed with ${code}`
}

/** What may come of such faults: another was at it, the store or the marketplace was out of reach, an answer was lost. */
const FORESEEN = new Set([
  'LOCK_HELD',
  'VAULT_UNAVAILABLE',
  'WRITE_FAILED',
  'NETWORK_FAILED',
  'MARKETPLACE_DOWN',
  'ANSWER_LOST',
])

function figuresOf({ presentations, kills, ends, reseeds }: FleetHistory): FleetVerdict['figures'] {
  const accepted = presentations.filter(({ outcome }) => outcome === 'accepted')
  const lostTo = new Set(
    [...reseeds, ...ends]
      .filter(({ stored, issued }) => stored !== issued)
      .map(({ account, stored }) => `${account} ${stored}`),
  )
  const isKept = ({ account, token }: Presentation) => !lostTo.has(`${account} ${token}`)
  return {
    presented: presentations.length,
    accepted: accepted.length,
    kills: kills.size,
    presentedAgain: presentations.filter(({ outcome }) => outcome === 'spent').length,
    lostOnWire: accepted.filter(({ isLost }) => isLost).length,
    keptOfKilled: accepted.filter(each => kills.has(each.life) && isKept(each)).length,
    lostConsents: lostTo.size,
  }
}
