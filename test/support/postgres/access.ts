/** Who may log in to a test's server, and the two ways to say where it is: libpq's variables, and a URL. */

/** A role, its password, and the database that it begins in. */
export interface Login {
  readonly user: string
  readonly password: string
  readonly database: string
}

/** How a program under test reaches a database. */
export interface Access extends Login {
  /** PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, for a child that gets nothing else. */
  readonly env: Readonly<Record<string, string>>
  /** The same as a URL, with the password in it; of another database where one is named. */
  url(database?: string): string
}

/** The superuser, who is nobody's account: for `sql` and for what a person with rights would do. */
export const ADMIN: Login = { user: 'postgres', password: 'the superuser of a test', database: 'tokenctl' }

/** The plain role that owns the databases of the tests; every sign that must be escaped somewhere is in its password. */
export const USER: Login = { user: 'tokenctl', password: "p:a/s@s'w%o#r\\d ?&=+", database: 'tokenctl' }

/** The ways to a database of the server on a port of 127.0.0.1. */
export function accessBy(port: number, login: Login): Access {
  const { user, password, database } = login
  const who = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  return {
    user,
    password,
    database,
    env: {
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: password,
      PGDATABASE: database,
    },
    url: (other = database) => `postgresql://${who}@127.0.0.1:${port}/${encodeURIComponent(other)}`,
  }
}

/** A name as SQL takes it, whatever is in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as SQL takes it, with `standard_conforming_strings` on as it is by default. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
