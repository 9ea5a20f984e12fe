#!/usr/bin/env node
/**
 * A program for `tokenctl accounts deliver-to --command`: takes the document from standard input and keeps the newest
 * tokens of each account in the folder that is its one argument. It checks no signature: whoever may run it may write
 * that folder anyway.
 *
 *   tokenctl accounts deliver-to ebay:main --tokens access --command -- /usr/local/lib/store-token.mjs /srv/tokens
 *
 * Exit status 0 says that the tokens are kept. 77 and 78 say that a person must act first; after any other tokenctl
 * tries again.
 */
import { readFileSync } from 'node:fs'
import { store } from './store.mjs'

const NEEDS_A_PERSON = 78

const [folder] = process.argv.slice(2)
if (folder === undefined) process.exit(NEEDS_A_PERSON)
const { outcome } = store(folder, JSON.parse(readFileSync(0, 'utf8')), Date.now())
if (outcome === 'unfit') process.exit(NEEDS_A_PERSON)
