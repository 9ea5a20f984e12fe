/**
 * Keeps the newest tokens of each account, a file each, readable by this user alone. A file is replaced whole or not at
 * all, so that whoever reads it at the same moment finds the old tokens or the new ones. The ids of what was taken stand
 * in the same file: a delivery that comes twice, or that somebody recorded and sends again, changes nothing. Neither does
 * one that was held up on its way until newer tokens had come.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** How long an id is remembered: well over the time in which a signature is taken. */
const REMEMBERED_MS = 24 * 60 * 60 * 1000

/** What a document must be, for this program; it may have more fields. */
function problemOf(document) {
  if (document?.version !== 1) return 'its version is not 1'
  if (!/^dlv_[0-9a-f]{32}$/.test(document.id)) return 'it has no id'
  if (!Number.isSafeInteger(document.generation)) return 'it has no generation'
  if (Number.isNaN(Date.parse(document.setUpAt))) return 'it does not say when it was set up'
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
 * @returns {{ outcome: 'stored' | 'already' | 'older' } | { outcome: 'unfit', problem: string }} `already` and `older` are
 *   successes too: what is kept is as new or newer, and sending it again would help nobody
 * @throws when it cannot be stored: then it must be sent again
 */
export function store(folder, document, now) {
  const problem = problemOf(document)
  if (problem !== undefined) return { outcome: 'unfit', problem }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${document.account.replace(':', '.')}.json`)
  const kept = read(path)
  const seen = (kept?.seen ?? []).filter(({ at }) => Math.abs(now - at) < REMEMBERED_MS)
  if (seen.some(({ id }) => id === document.id)) return { outcome: 'already' }
  if (kept !== undefined && isOlder(document, kept)) return { outcome: 'older' }
  if (kept !== undefined && isSame(document, kept)) return { outcome: 'already' }
  const next = { ...document, receivedAt: new Date(now).toISOString() }
  replace(path, JSON.stringify({ ...next, seen: [...seen, { id: document.id, at: now }] }))
  return { outcome: 'stored' }
}

/**
 * Whether newer tokens are kept already. What was set up later is newer: an account that was removed and connected anew
 * begins its generations again. Of one set-up the generation counts up.
 */
function isOlder(document, kept) {
  const [setUp, keptSetUp] = [document, kept].map(setUpOf)
  return setUp === keptSetUp ? document.generation < kept.generation : setUp < keptSetUp
}

/** Whether these very tokens are kept already, from the same set-up. */
function isSame(document, kept) {
  const tokensOf = ({ tokens }) => JSON.stringify(tokens.map(({ kind, token }) => [kind, token]))
  const isOneSetUp = setUpOf(document) === setUpOf(kept) && document.generation === kept.generation
  return isOneSetUp && tokensOf(document) === tokensOf(kept)
}

/** In milliseconds. What was kept before documents said it is older than what says it. */
function setUpOf({ setUpAt }) {
  return setUpAt === undefined ? 0 : Date.parse(setUpAt)
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Writes beside it, flushes, renames and flushes the folder: a power cut leaves the old file or the new one. */
function replace(path, text) {
  const beside = `${path}.new`
  const file = openSync(beside, 'w', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(beside, path)
  flushFolder(dirname(path))
}

/** Only then the new name outlives a power cut. Windows has no such flush, and opens no folder. */
function flushFolder(folder) {
  if (process.platform === 'win32') return
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
