/** No descriptor is left when an error is to be told, which takes a part of the program that was not needed before. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { environmentOf } from '../support/tokenctl.ts'
import { straceMissing, traced } from './traced.ts'

const missing = straceMissing()

test.skipIf(missing !== undefined)(
  `it is told by its code and its exit (${missing ?? 'strace'})`,
  async () => {
    const home = temporaryHome()
    writeSettings(home, { store: 'file' })
    const run = (nth?: number) => {
      const injection = nth === undefined ? undefined : { name: 'openat', nth, what: 'EMFILE', onwards: true }
      return traced(['config', 'get', 'nonsense'], environmentOf({ home }), join(temporaryHome(), 'trace'), {
        injection,
      })
    }
    const sound = await run()
    expect(sound.stderr).toContain('Error: ')
    const last = sound.calls.findLast(call => call.name === 'openat' && call.paths[0]?.endsWith('.cjs'))
    expect(last).toBeDefined()
    const { status, stderr } = await run(last?.nth)
    expect({ status, stderr }).toEqual({
      status: sound.status,
      stderr: expect.stringMatching(/^Error: a part of tokenctl cannot be loaded\. \[[A-Z_]+\]\n$/),
    })
  },
)
