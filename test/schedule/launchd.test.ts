/** The property list, letter for letter. Nobody has tried it on a Mac. */
import { expect, test } from 'vitest'
import { jobIn } from '../../src/schedule/job.ts'
import { launchdPlist } from '../../src/schedule/launchd.ts'
import { HOURLY, OFTEN, PLAIN, RICH } from './sample-job.ts'

test.each([
  ['plain', PLAIN],
  ['rich', RICH],
  ['hourly', HOURLY],
  ['often', OFTEN],
])('%s', async (name, job) => {
  const plist = launchdPlist(job)
  await expect(plist).toMatchFileSnapshot(`goldens/launchd-${name}.plist`)
  expect(jobIn(plist)).toEqual(job)
  // XML's comments may hold no two hyphens.
  for (const [, comment = ''] of plist.matchAll(/<!--(.*?)-->/gs)) expect(comment).not.toContain('--')
})

test('control characters, which XML cannot say, are refused', () => {
  expect(() => launchdPlist({ ...PLAIN, entry: '/a\u0001b' })).toThrow(
    expect.objectContaining({ code: 'USAGE' }),
  )
})
