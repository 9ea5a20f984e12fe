/** No command's help says that there are three marketplaces: six are built in, and a person can describe more. */
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { addApp } from '../../../src/cli/syntax/keys-and-settings.ts'
import { addLogin } from '../../../src/cli/syntax/renewing.ts'

/** Every argument of these commands and of those below them that takes a marketplace. */
function marketplaceArguments(): readonly (readonly [string, string])[] {
  const program = new Command()
  const ignore = async () => {}
  addApp(program, ignore)
  addLogin(program, ignore)
  const below = program.commands.flatMap(command => [command, ...command.commands])
  return below.flatMap(command =>
    command.registeredArguments
      .filter(argument => argument.name().startsWith('marketplace'))
      .map(({ description }) => [command.name(), description] as const),
  )
}

test('what a marketplace is called is shown by examples, of both kinds', () => {
  const words = marketplaceArguments()
  expect(words.map(([command]) => command)).toEqual(['set', 'rotate', 'list', 'remove', 'login'])
  // Only at Amazon two secrets are taken side by side.
  for (const [command, description] of words)
    expect(description).toMatch(
      command === 'rotate' ? /^`amazon`$/ : /^a marketplace,? such as `ebay` or `etsy`/,
    )
})
