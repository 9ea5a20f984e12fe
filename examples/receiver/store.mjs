/**
 * Keeps the newest tokens of each account, a file each, readable by this user alone. A file is replaced whole or not at
 * all, so that whoever reads it at the same moment finds the old tokens or the new ones. The ids of what was taken stand
 * in the same file: a delivery that comes twice, or that somebody recorded and sends again, changes nothing.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** How long an id is remembered: well over the time in which a signature is taken. */
const REMEMBERED_MS = 24 * 60 * 60 * 1000

/** What a document must be, for this program; it may have more fields. */
function problemOf(document) {
  if (document?.version !== 1) return 'its version is not 1'
  if (!/^dlv_[0-9a-f]{32}$/.test(document.id)) return 'it has no id'
  // The account's name becomes a file's name.
  if (!/^[a-z]{1,20}:[a-z0-9][a-z0-9-]{0,62}$/.test(document.account)) return 'it has no account'
  const tokens = Array.isArray(document.tokens) ? document.tokens : []
  const isSound = tokens.every(({ kind, token }) => typeof kind === 'string' && typeof token === 'string')
  return isSound && tokens.length > 0 ? undefined : 'it has no tokens'
}

/**
 * Stores one document.
 *
 * @param {string} folder made when it is missing, for this user alone
 * @param {any} document the JSON that came, parsed
 * @param {number} now in milliseconds
 * @returns {{ outcome: 'stored' | 'already' } | { outcome: 'unfit', problem: string }}
 * @throws when it cannot be stored: then it must be sent again
 */
export function store(folder, document, now) {
  const problem = problemOf(document)
  if (problem !== undefined) return { outcome: 'unfit', problem }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${document.account.replace(':', '.')}.json`)
  const seen = (read(path)?.seen ?? []).filter(({ at }) => Math.abs(now - at) < REMEMBERED_MS)
  if (seen.some(({ id }) => id === document.id)) return { outcome: 'already' }
  const next = { ...document, receivedAt: new Date(now).toISOString() }
  replace(path, JSON.stringify({ ...next, seen: [...seen, { id: document.id, at: now }] }))
  return { outcome: 'stored' }
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Writes beside it, flushes, and renames: a power cut leaves the old file or the new one. */
function replace(path, text) {
  const beside = `${path}.new`
  const file = openSync(beside, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(beside, path)
}
