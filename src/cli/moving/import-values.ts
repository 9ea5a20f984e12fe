/** Single values of an import document: a date, a token. Each fault names its place and never the value of a secret. */
import { TokenctlError } from '../../errors.ts'
import { Secret } from '../../tokens/secret.ts'
import { type EpochMs, requireDate, requirePastDate } from '../../tokens/time.ts'
import { LONGEST_TOKEN } from '../../tokens/token-set.ts'

/** The error for what a document says wrongly. */
export function faulty(problem: string): TokenctlError {
  return new TokenctlError('USAGE', `In the import document, ${problem}.`, {
    fix: 'Mend the document and import it again. Nothing was changed. Its shape is in the README.',
  })
}

/** Runs a check that throws its own words, and puts the place before them. */
export function at<T>(place: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof TokenctlError)) throw error
    throw new TokenctlError(error.code, `In the import document, ${place}: ${error.message}`, {
      fix: error.fix,
    })
  }
}

/** A date, or null where there is none. @throws {USAGE} */
export function dateAt(text: string | null | undefined, place: string): EpochMs | null {
  return text === null || text === undefined ? null : requireDate(text, `In the import document, ${place}`)
}

/** A day that has been by `now`, or null where there is none. @throws {USAGE} */
export function pastDateAt(text: string | null | undefined, place: string, now: EpochMs): EpochMs | null {
  return text === null || text === undefined
    ? null
    : requirePastDate(text, `In the import document, ${place}`, now)
}

/** What a refresh token of one marketplace looks like. */
interface TokenLooks {
  readonly shape: RegExp | undefined
  /** The marketplace's name. */
  readonly title: string
}

/** A token. @throws {USAGE} when it is too long, holds what no token does, or does not look as it should. */
export function tokenAt(text: string, place: string, looks?: TokenLooks): Secret {
  if (text.length > LONGEST_TOKEN) throw faulty(`${place} is longer than ${LONGEST_TOKEN} characters`)
  if (!/^[\x21-\x7e]+$/.test(text))
    throw faulty(`${place} is empty or holds spaces, line breaks or control characters`)
  if (looks?.shape?.test(text) === false)
    throw faulty(`${place} does not look like a refresh token of ${looks.title}`)
  return new Secret(text)
}
