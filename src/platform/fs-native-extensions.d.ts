// The package has no types of its own; only what is used here is declared.
declare module 'fs-native-extensions' {
  /** Locks the whole file, alone or `shared`; false when another open file description holds a lock that excludes it. */
  export function tryLock(fd: number, options?: { readonly shared?: boolean }): boolean
}
