// The package has no types of its own; only what is used here is declared.
declare module 'fs-native-extensions' {
  /** Locks the whole file; false when another open file description holds a lock on it. */
  export function tryLock(fd: number): boolean
}
