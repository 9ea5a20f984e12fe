/** Jobs for tests of the texts: one plain, one with every sign that some text gives a meaning to. */
import type { Job } from '../../src/schedule/job.ts'

export const PLAIN: Job = {
  version: 1,
  node: '/usr/bin/node',
  entry: '/usr/lib/node_modules/tokenctl/bin/tokenctl.js',
  env: {},
  at: '10:00',
  every: 'day',
  spread: 17,
}

export const RICH: Job = {
  ...PLAIN,
  node: '/opt/node 22/bin/node',
  entry: '/home/zoë/it\'s 100% <a> & "b" $HOME--/bin/tokenctl.js',
  env: { TOKENCTL_HOME: '/srv/50% off/$shop', https_proxy: 'http://proxy.example:3128' },
  at: '23:30',
  every: '12h',
  spread: 45,
}

export const HOURLY: Job = { ...PLAIN, every: '1h' }

export const OFTEN: Job = { ...PLAIN, at: '10:15', every: '20m' }

export const WINDOWS: Job = {
  ...PLAIN,
  node: 'C:\\Program Files\\nodejs\\node.exe',
  entry: 'C:\\Users\\Zoë & Co\\AppData\\Roaming\\npm\\node_modules\\tokenctl\\bin\\tokenctl.js',
}
