/** A key and a certificate that nobody vouches for, made by openssl where it is installed; CI does not go without. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryHome } from './temporary-home.ts'

/** A pair in PEM for this subject (`/CN=Example`); undefined where openssl is missing. @throws in CI. */
export function selfSigned(subject: string): { readonly key: string; readonly cert: string } | undefined {
  const folder = temporaryHome()
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const wanted = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    const rest = ['-days', '1', '-utf8', '-subj', subject, '-keyout', key, '-out', cert]
    execFileSync('openssl', [...wanted, ...rest], { stdio: 'ignore' })
  } catch (error) {
    if (process.env['CI'] === 'true') throw error
    return undefined
  }
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}
