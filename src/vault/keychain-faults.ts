/**
 * What can be wrong with a keychain, told apart, since each has another mend: locked, absent (no bus, no service, no
 * keyring), denied, hung. The native library has only texts; each row below is one that was seen, on 22 Nov 2026
 * (gnome-keyring 42.1, @napi-rs/keyring 2.1.2), but for those of macOS and Windows, which follow their documentation.
 */
import { TokenctlError } from '../errors.ts'

export type KeychainFault =
  | 'locked'
  | 'no-bus'
  | 'no-service'
  | 'no-keyring'
  | 'denied'
  | 'hung'
  | 'no-binding'
  | 'ambiguous'
  | 'too-long'
  | 'other'

const TEXTS: readonly (readonly [RegExp, KeychainFault])[] = [
  [/unlock prompt was dismissed|IsLocked|locked (object|collection)|is locked/i, 'locked'],
  // macOS: errSecInteractionNotAllowed (-25308), "does not strictly mean locked"; errSecAuthFailed, userCanceled.
  [/-25308|interaction is not allowed|NoStorageAccess/i, 'locked'],
  [/-25293|-128\b|user canceled|authorization failed/i, 'denied'],
  [/AccessDenied|Access is denied|Permission denied|rejected send message|AuthFailed/i, 'denied'],
  [/X11 for dbus-daemon autolaunch|DBUS_SESSION_BUS_ADDRESS|autolaunch/i, 'no-bus'],
  [
    /Failed to connect to socket|Could not connect|NoServer|Connection refused|is closed|Disconnected/i,
    'no-bus',
  ],
  [/not provided by any \.service files|ServiceUnknown|was not activated|Spawn\./i, 'no-service'],
  [/no result found|Object does not exist at path|NoSuchObject/i, 'no-keyring'],
  [/Ambiguous/i, 'ambiguous'],
  [/stub received bad data|TooLong|longer than/i, 'too-long'],
]

/** A missing reply within this time was a refusal: a service that is stopped takes the client's own 2 s to miss. */
const REFUSED_AT_ONCE_MS = 1000

/** The fault that the native library's text tells of; the time it took tells a refusal from a service that is stopped. */
export function classifyFault(text: string, tookMs: number): KeychainFault {
  if (/Did not receive a reply|NoReply|timed? ?out/i.test(text))
    return tookMs < REFUSED_AT_ONCE_MS ? 'denied' : 'hung'
  return TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? 'other'
}

const FILE_STORE =
  'Where there is none (servers, containers, cron) the file store serves: `tokenctl config set store file`.'
const NO_SESSION =
  "A keychain answers in a desktop session; for cron use a systemd user timer, or set DBUS_SESSION_BUS_ADDRESS to the session's bus."

/** The error for a fault; `detail` is the native library's own text, for faults that nobody has named yet. */
export function faultError(fault: KeychainFault, detail?: string): TokenctlError {
  const unavailable = (message: string, fix: string) =>
    new TokenctlError('VAULT_UNAVAILABLE', message, { fix })
  switch (fault) {
    case 'locked':
      return new TokenctlError(
        'VAULT_LOCKED',
        'The keychain is locked, and nobody could be asked to open it.',
        {
          fix: 'Log in at the desktop or unlock the keyring there, and run it again. Your accounts are still stored.',
        },
      )
    case 'no-bus':
      return unavailable('There is no keychain here: no session bus answers.', `${NO_SESSION} ${FILE_STORE}`)
    case 'no-service':
      return unavailable(
        'There is no keychain here: nothing on the session bus provides the Secret Service.',
        `Install and start one (gnome-keyring, KWallet, KeePassXC). ${FILE_STORE}`,
      )
    case 'no-keyring':
      return unavailable(
        'The keychain has no keyring to store in yet.',
        `Log in at the desktop once, or make a default keyring with its own program (Passwords and Keys, KWallet). ${FILE_STORE}`,
      )
    case 'denied':
      return unavailable(
        'The keychain refused us: access was denied.',
        'Run tokenctl as the user whose session it is (sudo and su keep the old session), and allow it when asked.',
      )
    case 'hung':
      return unavailable(
        'The keychain did not answer in time.',
        'Its service or the bus hangs, or a question waits on a screen: answer it, or log out and in again.',
      )
    case 'no-binding':
      return unavailable(
        'The part of tokenctl that speaks with keychains does not load on this machine.',
        `Install tokenctl again here, with optional packages. ${FILE_STORE}`,
      )
    case 'ambiguous':
      return new TokenctlError('RECORD_UNREADABLE', 'The keychain holds the same item more than once.', {
        fix: "Another program copied it. Remove the older one in the keychain's own program.",
      })
    case 'too-long':
      return new TokenctlError('WRITE_FAILED', 'The keychain does not take an item of this length.')
    case 'other':
      return unavailable(
        `The keychain failed${detail === undefined ? '' : `: ${detail}`}.`,
        'See whether its own program works.',
      )
  }
}
