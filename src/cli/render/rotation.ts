/** The words of `app rotate`: what came of the proof, and until when which secret lives. */
import { TokenctlError } from '../../errors.ts'
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { ProofResult } from '../../renewal/prove-app.ts'
import { appWords } from '../keys/app-words.ts'
import type { AssessedApp } from '../status/status-report.ts'
import { showDay } from './dates.ts'

type Facts = Pick<MarketplaceAdapter, 'id' | 'title' | 'appSecretOverlapDays' | 'appSecretDelayMinutes'>
type Unproven = Extract<ProofResult, { outcome: 'unproven' }>

/** What is stored now, in two lines for standard output. */
export function rotatedLines(result: ProofResult, app: AssessedApp, { title }: Facts): readonly string[] {
  const { header, assessment, previousEndsAt } = app
  const what =
    result.outcome === 'accepted'
      ? `${title} takes the new secret of app ${header.name} (asked with ${result.account}); it is stored.`
      : `The new secret of ${title} app ${header.name} is stored, unproven.`
  const { endsAt } = assessment
  const newEnds = endsAt === null ? '' : `It ends ${showDay(endsAt)}. `
  const oldEnds =
    previousEndsAt === null
      ? 'The old one has ended by now, and is not kept.'
      : `The old one answers until ${showDay(previousEndsAt)}, and is used where the new one is not taken yet.`
  return [what, `${newEnds}${oldEnds}`]
}

/** Why a secret that is stored is not proven, as a sentence. */
export function whyUnproven({ account, error }: Unproven): string {
  return error === null ? 'No account of the app could be asked.' : `${account}: ${error.message}`
}

/**
 * The marketplace's no to the new secret: CLIENT_REJECTED. A new one may be too new.
 *
 * @param again the command that tries it again.
 */
export function secretRefused(
  refusal: TokenctlError,
  name: string,
  facts: Facts,
  again = `tokenctl app rotate ${appWords({ marketplace: facts.id, name })}`,
): TokenctlError {
  const { title, appSecretDelayMinutes, appSecretOverlapDays } = facts
  const delay =
    appSecretDelayMinutes === undefined
      ? ''
      : ` ${title} has been seen to take ${appSecretDelayMinutes} minutes and more until it knew a new secret.`
  return new TokenctlError(
    'CLIENT_REJECTED',
    `${title} does not take the new secret: ${refusal.message} Nothing was changed.`,
    {
      failure: 'configuration',
      fix: `Check that it was copied whole.${delay} The old one is stored, and works for ${appSecretOverlapDays} days after the rotation: wait a little, then run \`${again}\` again.`,
      cause: refusal,
      ...(refusal.requestId === undefined ? {} : { requestId: refusal.requestId }),
    },
  )
}

/**
 * That nobody could say whether the new secret is taken: the code of what stood in the way, or USAGE where no account
 * can prove it, since only other words help then.
 */
export function secretUnproven(result: Unproven, name: string, { id, title }: Facts): TokenctlError {
  const { error } = result
  const isNobody = error === null || error.exit === 3
  const what = isNobody
    ? `No account of ${title} app ${name} can prove the new secret.`
    : 'The new secret could not be proved.'
  const why = error === null ? '' : ` ${whyUnproven(result)}`
  const again = isNobody ? 'Connect an account of the app, or give one a new token' : 'Try again'
  const command = `tokenctl app rotate ${appWords({ marketplace: id, name })} --unproven`
  return new TokenctlError(isNobody ? 'USAGE' : error.code, `${what}${why} Nothing was changed.`, {
    fix: `${again}; or store the new secret unproven, with the old one beside it: \`${command}\`.`,
    ...(error?.requestId === undefined ? {} : { requestId: error.requestId }),
    ...(error === null ? {} : { cause: error }),
  })
}
