/** What other programs get of this process's environment: what is named, and no more. */
import { expect, test } from 'vitest'
import { passedEnvironment, systemEnvironment } from '../../../src/cli/notices/passed-environment.ts'

const OURS = {
  PATH: '/opt/bin',
  HOME: '/home/me',
  XDG_RUNTIME_DIR: '/run/me',
  TZ: 'Europe/Berlin',
  TOKENCTL_HOME: '/srv',
  TOKENCTL_EVENT: 'after',
  EBAY_SECRET: 's3cr3t',
  HTTPS_PROXY: 'http://me:s3cr3t@proxy.test',
  NODE_OPTIONS: '--inspect',
  LD_PRELOAD: '/tmp/x.so',
  USER: undefined,
  LANG: '',
}

test('the system’s own programs are led to the user', () => {
  expect(systemEnvironment(OURS)).toEqual({ PATH: '/opt/bin', HOME: '/home/me', XDG_RUNTIME_DIR: '/run/me' })
  expect(systemEnvironment({})).toEqual({})
})

test('a program that a person named is led to the same tokenctl, too', () => {
  expect(passedEnvironment(OURS)).toEqual({
    PATH: '/opt/bin',
    HOME: '/home/me',
    XDG_RUNTIME_DIR: '/run/me',
    TZ: 'Europe/Berlin',
    TOKENCTL_HOME: '/srv',
    LANG: '',
  })
  expect(passedEnvironment({})).toEqual({ PATH: '/usr/local/bin:/usr/bin:/bin' })
})
