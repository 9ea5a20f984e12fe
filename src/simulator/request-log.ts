/**
 * What came in and what became of it, for the screen and for tests. No token, code, secret, query or body ever gets
 * into an entry: only words that the simulator chose, and paths that it knows.
 */
import { toIso } from '../tokens/time.ts'
import type { Fault } from './faults.ts'
import type { Vendor } from './vendors.ts'

export interface LoggedRequest {
  /** ISO 8601, UTC. */
  readonly at: string
  /** Null for a path that no marketplace has. */
  readonly marketplace: Vendor | null
  readonly method: string
  /** The path as the vendor documents it; `(unknown)` for any other. */
  readonly path: string
  /** Null when no answer was sent. */
  readonly status: number | null
  /** `refreshed`, `exchanged`, the vendor's error code, `not found`, or what the fault did. */
  readonly outcome: string
  readonly detail: string | null
  readonly account: string | null
  /** The generation of the refresh token that was refused, or that the answer left in force. */
  readonly generation: number | null
  readonly fault: Fault | null
}

// A soak of days must not fill the memory; the newest are kept.
const KEPT = 10_000

export class RequestLog {
  readonly #entries: LoggedRequest[] = []
  readonly #onRequest: (entry: LoggedRequest) => void

  /** @param onRequest is called with each entry as it is made. */
  constructor(onRequest: (entry: LoggedRequest) => void) {
    this.#onRequest = onRequest
  }

  /** Adds one entry; what is not given is null. */
  add(given: Pick<LoggedRequest, 'method' | 'path' | 'outcome'> & Partial<LoggedRequest>, now: number): void {
    const unknown = {
      marketplace: null,
      status: null,
      detail: null,
      account: null,
      generation: null,
      fault: null,
    }
    const entry = { at: toIso(now), ...unknown, ...given }
    this.#entries.push(entry)
    if (this.#entries.length > KEPT) this.#entries.splice(0, this.#entries.length - KEPT)
    this.#onRequest(entry)
  }

  /** The newest 10,000, oldest first. */
  get entries(): readonly LoggedRequest[] {
    return [...this.#entries]
  }
}
