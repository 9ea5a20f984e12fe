/** Whether two secrets are one. Apart from `secret.ts`, so that whoever only compares does not load what makes digests. */
import type { Secret } from './secret.ts'

/** Whether both hold the same text, or neither is there. */
export function sameSecret(one: Secret | null, other: Secret | null): boolean {
  return one === null || other === null ? one === other : one.equals(other)
}
