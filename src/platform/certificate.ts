/**
 * Who issued the certificate that a host shows, asked where it was refused: the name of a company's own authority tells
 * a person at once that TLS is read on the way. Sends nothing and trusts nothing; the connection ends with the handshake.
 */
import { connect } from 'node:tls'

/** A handshake takes some round trips; who does not answer by then has no name to tell. */
const TIMEOUT_MS = 3000

/**
 * The issuer's name, in printable ASCII and at most 80 characters; undefined when nothing shows a certificate. It is what
 * the other side wrote into its certificate, so it proves nothing.
 */
export function certificateIssuer(host: string, port: number): Promise<string | undefined> {
  const bare = host.replace(/^\[|\]$/g, '')
  return new Promise(resolve => {
    // Refusing here would hide the very name that is asked for. Nothing is written to this socket.
    const options = {
      host: bare,
      port,
      rejectUnauthorized: false,
      ...(isName(bare) ? { servername: bare } : {}),
    }
    const socket = connect(options, () => settle(nameOf(socket.getPeerCertificate().issuer)))
    const timer = setTimeout(() => settle(undefined), TIMEOUT_MS)
    const settle = (name: string | undefined) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(name)
    }
    socket.once('error', () => settle(undefined))
  })
}

/** An address is no server name (RFC 6066 section 3). */
function isName(host: string): boolean {
  return !/^[0-9.]+$|:/.test(host)
}

function nameOf(issuer: { readonly O?: unknown; readonly CN?: unknown } | undefined): string | undefined {
  const name = [issuer?.CN, issuer?.O].find(each => typeof each === 'string' && each !== '')
  return typeof name === 'string' ? name.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 80) : undefined
}
