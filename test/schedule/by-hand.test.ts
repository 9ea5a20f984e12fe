/** Lines of a crontab that a person wrote: which of them renew, and what can be told of whose accounts. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { handWritten } from '../../src/schedule/by-hand.ts'
import { cronLines } from '../../src/schedule/crontab.ts'
import { PLAIN } from './sample-job.ts'

test('lines made by hand are found, and only those that renew', () => {
  const crontab = [
    '# 0 3 * * * tokenctl renew --all',
    '0 3 * * * tokenctl renew --all --due',
    '@daily cd /srv && TOKENCTL_HOME=/srv /usr/local/bin/tokenctl renew ebay',
    '0 4 * * * npx tokenctl renew --due 2>&1',
    '0 5 * * * node /opt/tokenctl/bin/tokenctl.js renew --all --due',
    '0 6 * * * tokenctl status --check',
    '0 7 * * * tokenctl renewed ebay:main',
    '0 8 * * * certbot renew',
    'RUN=tokenctl renew --all',
  ].join('\n')
  expect(handWritten(`${crontab}\n${cronLines(PLAIN)}`).map(({ line }) => line)).toEqual([2, 3, 4, 5])
})

describe('whether it is for all accounts', () => {
  test.each<[string, boolean]>([
    ['tokenctl renew --all --due', true],
    ['tokenctl renew --due', true],
    ['tokenctl renew --all', true],
    ['/usr/bin/env A=b /usr/bin/node /opt/tokenctl/bin/tokenctl.js renew --due --all', true],
    ['tokenctl renew --due --concurrency 2 --no-notices', true],
    ['tokenctl renew --concurrency=2 --due', true],
    ['tokenctl renew --due >/dev/null 2>&1', true],
    ['tokenctl renew --due >> /var/log/tokenctl.log 2>&1', true],
    ['tokenctl renew --due >/tmp/log&', true],
    ['tokenctl renew --due &>/dev/null', true],
    ['tokenctl renew --due; mail me', true],
    ['tokenctl renew --due || mail me', true],
    ['tokenctl renew --due | logger', true],
    ["sh -c 'tokenctl renew --all --due'", true],
    ['tokenctl renew ebay; tokenctl renew --all --due', true],
    ['tokenctl renew --due%standard input', true],
    ['tokenctl renew --all --due &> /tmp/log', true],
    ['tokenctl renew --all --due &>> /tmp/log', true],
    ['tokenctl renew --all --due # renew', true],
    ['tokenctl renew', false],
    ['tokenctl renew ebay', false],
    ['tokenctl renew --due ebay:main', false],
    ['tokenctl renew --due --tag client=acme', false],
    ['tokenctl renew --all --due --dry-run', false],
    ['tokenctl renew ebay && mail --all', false],
    ['tokenctl renew ebay # --all', false],
  ])('%s: %s', (command, isWhole) => {
    expect(handWritten(`0 1 * * * ${command}\n`)).toMatchObject([{ line: 1, isWhole }])
  })
})

describe('whose accounts', () => {
  const RUN = 'tokenctl renew --all --due'
  test.each<[string, Readonly<Record<string, string>> | null]>([
    [`0 1 * * * ${RUN}`, {}],
    [`0 1 * * * TOKENCTL_HOME=/srv/second ${RUN}`, { TOKENCTL_HOME: '/srv/second' }],
    [`0 1 * * * env 'TOKENCTL_HOME=/srv/my shop' ${RUN}`, { TOKENCTL_HOME: '/srv/my shop' }],
    [`0 1 * * * TOKENCTL_HOME="/srv/my shop" ${RUN}`, { TOKENCTL_HOME: '/srv/my shop' }],
    [`0 1 * * * cd /x; export TOKENCTL_HOME=/a; ${RUN}`, { TOKENCTL_HOME: '/a' }],
    [`TOKENCTL_HOME = "/srv/b"\n0 1 * * * ${RUN}`, { TOKENCTL_HOME: '/srv/b' }],
    [`TOKENCTL_HOME=/srv/b\n0 1 * * * TOKENCTL_HOME=/srv/c ${RUN}`, { TOKENCTL_HOME: '/srv/c' }],
    [`0 1 * * * ${RUN}\nTOKENCTL_HOME=/srv/b`, {}],
    [`HOME=/a\nXDG_DATA_HOME=/b\n0 1 * * * ${RUN}`, { HOME: '/a', XDG_DATA_HOME: '/b' }],
    [`0 1 * * * TOKENCTL_HOME=$HOME/shop ${RUN}`, null],
    [`0 1 * * * TOKENCTL_HOME=~/shop ${RUN}`, null],
    [`0 1 * * * . /etc/shop.env; ${RUN}`, null],
    [`0 1 * * * sudo -u shop ${RUN}`, null],
    [`0 1 * * * /usr/bin/ssh other ${RUN}`, null],
    [`0 1 * * * env -u TOKENCTL_HOME ${RUN}`, null],
    [`0 1 * * * unset TOKENCTL_HOME; ${RUN}`, null],
  ])('%s', (crontab, env) => {
    expect(handWritten(`${crontab}\n`)).toMatchObject([{ env, isWhole: true }])
  })
})

test('whatever a line holds, it is read', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      const line = `0 1 * * * ${before} tokenctl renew ${after}`.replaceAll('\n', '')
      expect(handWritten(line)).toHaveLength(1)
    }),
  )
})
