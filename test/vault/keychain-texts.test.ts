import { expect, it } from 'vitest'
import { classifyFault } from '../../src/vault/keychain-texts.ts'

// Texts as the native library gave them (@napi-rs/keyring 2.1.2, gnome-keyring 42.1).
const SEEN = [
  ["Couldn't access platform storage: Secret Service: unlock prompt was dismissed", 20, 'locked'],
  ['org.freedesktop.Secret.Error.IsLocked: Cannot get secret of a locked object', 20, 'locked'],
  [
    'Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled at compile time, set your DBUS_SESSION_BUS_ADDRESS instead',
    0,
    'no-bus',
  ],
  [
    'Platform failure: DBus error: Failed to connect to socket /nonexistent: No such file or directory',
    1,
    'no-bus',
  ],
  [
    'Platform failure: DBus error: Failed to connect to socket /run/user/1000/bus: Permission denied',
    1,
    'denied',
  ],
  ['DBus error: The name org.freedesktop.secrets was not provided by any .service files', 1, 'no-service'],
  ["Couldn't access platform storage: Secret Service: no result found", 1, 'no-keyring'],
  ['Platform failure: DBus error: Did not receive a reply. Possible causes include: …', 2004, 'hung'],
  ['Platform failure: DBus error: Did not receive a reply. Possible causes include: …', 5, 'denied'],
  ["Couldn't access platform storage: AccessDenied", 1, 'denied'],
  ['something that nobody has seen', 1, 'other'],
  ['', 1, 'other'],
] as const

it.each(SEEN)('%s (%i ms) is %s', (text, tookMs, fault) => {
  expect(classifyFault(text, tookMs)).toBe(fault)
})
