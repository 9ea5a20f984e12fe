/**
 * `pg` fills what a configuration leaves out from the environment of the process by itself. The place of a database comes
 * from what was handed in alone (`address.ts`), so what is left is taken out again before anything is sent.
 */
import type { Client, ClientConfig } from 'pg'

/** Takes out of a client that has not connected yet what its configuration did not say. Returns it. */
export function withoutAmbient(client: Client, config: ClientConfig): Client {
  // pg 8.23, lib/connection-parameters.js: these are looked up where the value is empty; all others are handed over.
  const parameters: unknown = Reflect.get(client, 'connectionParameters')
  if (typeof parameters !== 'object' || parameters === null) return client
  Object.assign(parameters, {
    options: config.options ?? '',
    replication: '',
    application_name: config.application_name ?? '',
  })
  return client
}
