/** Which name of a file stays over an update, and whose folder takes it away. */
import { expect, test } from 'vitest'
import { steadyPath } from '../../src/schedule/steady-path.ts'

/** Links by where they lead; every other path is itself. */
function resolver(links: Readonly<Record<string, string>> = {}) {
  return (path: string) => links[path] ?? path
}

test.each([
  ['/usr/bin/node', '/usr/bin/node', undefined],
  ['/home/me/.nvm/versions/node/v20.20.2/bin/node', null, 'nvm'],
  ['/opt/nvm/versions/node/v22.1.0/bin/node', null, 'nvm'],
  ['C:\\Users\\me\\AppData\\Roaming\\nvm\\v22.1.0\\node.exe', null, 'nvm'],
  ['/home/me/.volta/tools/image/node/20.20.2/bin/node', null, 'Volta'],
  ['/run/user/1000/fnm_multishells/1_2/bin/node', null, 'fnm'],
  ['/home/me/.asdf/installs/nodejs/20.20.2/bin/node', null, 'asdf'],
  ['/home/me/.local/share/mise/installs/node/20.20.2/bin/node', null, 'mise'],
  ['/home/me/.nodenv/versions/20.20.2/bin/node', null, 'nodenv'],
  ['/opt/homebrew/Cellar/node/22.1.0/bin/node', null, 'Homebrew'],
  ['/nix/store/abc-nodejs-20/bin/node', null, 'Nix'],
  ['/home/me/.npm/_npx/0123/node_modules/tokenctl/bin/tokenctl.js', null, 'npx'],
  ['/home/me/nvm-notes/node', '/home/me/nvm-notes/node', undefined],
  ['C:\\Program Files\\nodejs\\node.exe', 'C:\\Program Files\\nodejs\\node.exe', undefined],
])('%s, with nothing leading to it', (path, steady, keeper) => {
  // Nothing but the path itself is there.
  const resolve = (asked: string) => (asked === path ? path : undefined)
  expect(steadyPath(path, ['/usr/local/bin/node'], resolve)).toEqual({ path: steady ?? path, keeper })
})

test.each([
  [
    '/home/me/.local/share/fnm/node-versions/v20.20.2/installation/bin/node',
    '/home/me/.local/share/fnm/aliases/default/bin/node',
  ],
  ['/opt/homebrew/Cellar/node@22/22.1.0/bin/node', '/opt/homebrew/opt/node@22/bin/node'],
  ['/opt/homebrew/Cellar/node/24.1.0_1/bin/node', '/opt/homebrew/bin/node'],
  ['/nix/store/abc-nodejs-20/bin/node', '/run/current-system/sw/bin/node'],
  ['/snap/node/9876/bin/node', '/snap/node/current/bin/node'],
  ['C:\\Users\\me\\scoop\\apps\\nodejs\\22.1.0\\node.exe', 'C:/Users/me/scoop/apps/nodejs/current/node.exe'],
])('%s by the keeper’s own link', (path, link) => {
  const there = new Set([path, link])
  const resolve = (asked: string) => (there.has(asked) ? path : undefined)
  expect(steadyPath(path, [], resolve)).toEqual({ path: link, keeper: undefined })
})

test('a link on PATH counts where the keeper points it on, and not where a person made it', () => {
  const nix = '/nix/store/abc-nodejs-20/bin/node'
  const profile = '/home/me/.nix-profile/bin/node'
  expect(steadyPath(nix, [profile], resolver({ [profile]: nix })).path).toBe(profile)
  const nvm = '/home/me/.nvm/versions/node/v20.20.2/bin/node'
  const own = '/usr/local/bin/node'
  expect(steadyPath(nvm, [own], resolver({ [own]: nvm }))).toEqual({ path: nvm, keeper: 'nvm' })
})

test('a link to another file of the same name does not count', () => {
  const brew = '/opt/homebrew/Cellar/node@20/20.20.2/bin/node'
  const resolve = resolver({ '/opt/homebrew/bin/node': '/opt/homebrew/Cellar/node/24.1.0/bin/node' })
  expect(steadyPath(brew, ['/opt/homebrew/bin/node'], resolve)).toEqual({ path: brew, keeper: 'Homebrew' })
})

test('pnpm: the name that was typed', () => {
  const real =
    '/home/me/.local/share/pnpm/global/5/.pnpm/tokenctl@1.0.0/node_modules/tokenctl/bin/tokenctl.js'
  const typed = '/home/me/.local/share/pnpm/global/5/node_modules/tokenctl/bin/tokenctl.js'
  expect(steadyPath(real, [typed], resolver({ [typed]: real }))).toEqual({ path: typed, keeper: undefined })
})
