/** Node, and the packages with native code. */
import { type Broken, testBrokenWorlds } from '../../support/broken-world.ts'

const WORLDS: Readonly<Record<string, Broken>> = {
  'an old Node': {
    world: { machine: { nodeVersion: '18.20.4' } },
    found: ['node problem'],
    says: /Node 18\.20\.4 is older than 20\.19/,
    mend: /22 or 24/,
    exit: 3,
  },
  'an odd Node': {
    world: { machine: { nodeVersion: '23.11.0' } },
    found: ['node warning'],
    says: /Node 23\.11\.0 is an odd version/,
    mend: /22 or 24/,
    exit: 0,
  },
  'locks that do not load': {
    world: { machine: { nativeModules: async () => [absent('fs-native-extensions')] } },
    found: ['native problem'],
    says: /fs-native-extensions does not load on this machine \(ERR_DLOPEN_FAILED\)/,
    mend: /Install tokenctl again/,
    exit: 5,
  },
  'a keychain library that does not load, and is not needed': {
    world: { machine: { nativeModules: async () => [absent('@napi-rs/keyring')] } },
    found: ['native warning'],
    says: /The file store does without it/,
    mend: /Install tokenctl again/,
    exit: 0,
  },
}

function absent(name: string) {
  return { name, path: null, sha256: null, why: 'ERR_DLOPEN_FAILED' }
}

testBrokenWorlds(WORLDS)
