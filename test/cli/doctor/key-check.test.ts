/** The file store's key: each way in which it can be wrong. */

import { chmodSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Broken, keyOf, stateOf, testBrokenWorlds } from '../../support/broken-world.ts'
import { setSettings } from '../../support/doctor-world.ts'

const WORLDS: Readonly<Record<string, Broken>> = {
  'no key': {
    spoil: home => rmSync(keyOf(home)),
    found: ['key problem'],
    says: /The key of the vault is missing: .*vault\.key/,
    mend: /Restore it from your backup/,
    exit: 5,
  },
  'another key': {
    spoil: home => writeFileSync(keyOf(home), Buffer.alloc(32, 7), { mode: 0o600 }),
    found: ['key problem'],
    says: /was sealed with the key [0-9a-f]{8}, and .*vault\.key is the key/,
    mend: /`tokenctl config set key-file PATH`/,
    exit: 5,
  },
  'a key of 31 bytes': {
    spoil: home => truncateSync(keyOf(home), 31),
    found: ['key problem'],
    says: /vault\.key has 31 bytes; it must be 32 raw bytes/,
    mend: /Restore the right file/,
    exit: 5,
  },
  'a key open to the group': {
    spoil: home => chmodSync(keyOf(home), 0o640),
    found: ['folders problem'],
    says: /vault\.key can be read or written by others \(mode 0640\)/,
    mend: /`tokenctl doctor --fix`/,
    exit: 5,
  },
  'a key that is a link': {
    spoil: home => {
      renameSync(keyOf(home), `${keyOf(home)}.real`)
      symlinkSync(`${keyOf(home)}.real`, keyOf(home))
    },
    found: ['folders problem'],
    says: /vault\.key is a symbolic link/,
    mend: /Put the real file there/,
    exit: 5,
  },
  'a key beside the records': {
    spoil: home => {
      renameSync(keyOf(home), join(stateOf(home), 'my.key'))
      setSettings(home, { store: 'file', 'key-file': join(stateOf(home), 'my.key') })
    },
    found: ['key warning'],
    says: /is inside the folder of the records/,
    mend: /`tokenctl config set key-file \/path\/to\/key`/,
    exit: 0,
  },
  'a key under a passphrase': {
    spoil: home => writeFileSync(keyOf(home), 'age-encryption.org/v1\nnot opened here', { mode: 0o600 }),
    found: ['key warning'],
    says: /under a passphrase, and an unattended run has nobody to ask/,
    mend: /`tokenctl status --verify`.*`tokenctl config set key-source file`/,
    exit: 0,
  },
  'a key that systemd gave nobody': {
    spoil: home => setSettings(home, { store: 'file', 'key-source': 'systemd' }),
    found: ['key problem'],
    says: /systemd gave this process no credential/,
    mend: /LoadCredentialEncrypted=tokenctl-key/,
    exit: 5,
  },
}

testBrokenWorlds(WORLDS)
