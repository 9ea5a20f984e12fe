/** The words by which a person chooses the store and its key, apart from the stores, so that reading settings loads none. */

/** The stores of one machine: each keeps files in the state folder. */
export const LOCAL_STORES = ['keychain', 'file'] as const
export type LocalStoreName = (typeof LOCAL_STORES)[number]

/** The stores that a setting can name. */
export const STORES = [...LOCAL_STORES, 'postgres'] as const
export type StoreName = (typeof STORES)[number]

/** Where the file store's key can come from. */
export const KEY_SOURCES = ['file', 'systemd', 'keychain', 'passphrase'] as const
export type KeySourceKind = (typeof KEY_SOURCES)[number]

/** Past that a keychain gets slow: gnome-keyring rewrites itself at every change, 45 to 60 ms a write at 1,000 items (measured 22 Nov 2026). */
export const COMFORTABLE_RECORDS = 200
