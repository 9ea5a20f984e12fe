/**
 * What can be wrong with a keychain, told apart, since each has another mend: locked, absent (no bus, no service, no
 * keyring), denied, hung. The native library, which is only in the child process, has only texts; each row below is one
 * that was seen, on 22 Nov 2026 (gnome-keyring 42.1, @napi-rs/keyring 2.1.2), but for those of macOS and Windows, which
 * follow their documentation.
 */
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
