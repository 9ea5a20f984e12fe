/** The machine's time zone for a test: UTC unless it asks for another, and what it was when the test is over. */
import { afterEach, beforeEach } from 'vitest'

/** Every test of the file begins in UTC. */
export function inUtc(): void {
  const zone = process.env['TZ']
  beforeEach(() => setTimeZone('UTC'))
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })
}

/** Moves the machine there, until the test is over. */
export function setTimeZone(zone: string): void {
  process.env['TZ'] = zone
}
