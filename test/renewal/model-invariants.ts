/** What holds after every command, whatever it was and however its run ended. */
import { expect } from 'vitest'
import type { Held, Model } from './model.ts'
import type { Look, World } from './model-world.ts'

/** The model and what is on the disk are of one mind. */
export function check(model: Model, look: Look, world: World): void {
  model.ended(look)
  expect(model.presentations.violations).toEqual([])
  for (const [name, { current, pending, header }] of look.accounts) {
    if (model.accounts.has(name)) continue
    // A run that was killed may have left its token in a journal, from which any later one stores it.
    const isConsented = current !== null && model.consented.has(current)
    if (!isConsented) expect(model.brought.get(name), `${name} appeared`).toContain(pending)
    model.accounts.set(name, { must: current, pending, generation: header.generation })
  }
  for (const [name, held] of model.accounts) checkAccount(name, held, model, look, world)
}

function checkAccount(name: string, held: Held, model: Model, look: Look, world: World): void {
  const { must } = held
  const journal = look.journals.get(name)
  const answers = journal?.answers ?? []
  const isInJournal =
    answers.some(text => text.includes(`"${must}"`)) || (journal?.token === must && answers.length > 0)
  const there = look.accounts.get(name)
  // A token that was brought for a new name may still be on its way into its first record.
  if (there === undefined) {
    expect(isInJournal, `${name} is gone`).toBe(true)
    return
  }
  const { header, current, pending } = there
  if (must !== current) expect(isInJournal, `${name} holds ${current}, not ${must}`).toBe(true)
  // There is room for one: what is pasted later takes its place, though its run was killed before it could say so.
  if (held.pending !== null && model.brought.get(name)?.[0] !== held.pending) held.pending = pending
  if (held.pending !== null && pending !== held.pending)
    expect(journal?.token, `${name} lost its pending ${held.pending}`).toBe(held.pending)
  expect(header.generation, `${name}'s generation`).toBeGreaterThanOrEqual(held.generation)
  held.generation = header.generation
  if (must !== null) checkState(name, must, there.state, model, world)
}

/** A token that is dead or whose answer is open never looks fine, but for what nobody here can know. */
function checkState(name: string, must: string, state: string, { presentations }: Model, world: World): void {
  const server = world.server(name)
  if (server.rule.told === 'none' || presentations.forgotten.has(must)) return
  const isDead = !server.takes(must) && !server.isWithdrawn(must)
  if (isDead || presentations.open.has(must))
    expect(state, `${name} with ${must}, dead or open`).toMatch(/^(rejected|expired|unconfirmed)$/)
}
