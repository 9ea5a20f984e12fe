/** What the manual page says beside the commands: variables and files. A test holds the variables beside the source. */

/** A name and what it is for. */
type Fact = readonly [name: string, about: string]

/** The variables that change what tokenctl does. */
export const VARIABLES: readonly Fact[] = [
  ['TOKENCTL_HOME', 'a folder for settings and state together, in place of the platform’s own'],
  ['TOKENCTL_KEY_FILE', 'the key of the encrypted folder, in place of the setting `key-file`'],
  [
    'CREDENTIALS_DIRECTORY',
    'where systemd puts the key of the encrypted folder, with the setting `key-source` at `systemd`',
  ],
  ['HTTP_PROXY, HTTPS_PROXY, NO_PROXY', 'the proxy that requests go through; also in small letters'],
  ['NODE_EXTRA_CA_CERTS', 'a file of certificates that are trusted besides those of Node'],
  ['NO_COLOR, FORCE_COLOR', 'no colours where the first is not empty; the second decides where it is set'],
  [
    'PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE …',
    'where the database of a fleet is, as for every program of PostgreSQL',
  ],
  ['PGSERVICE, PGSERVICEFILE, PGSYSCONFDIR', 'its entry in `pg_service.conf`, and where that file is'],
  ['APPDATA, USER, LOGNAME, USERNAME', 'what the system calls this user, and on Windows its settings folder'],
  ['TERM, LC_ALL, LC_CTYPE, LANG', 'what the terminal can show'],
  ['DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR', 'where the keychain of a Linux desktop is found'],
  [
    'NODE_DISABLE_COMPILE_CACHE',
    'not empty: a start neither keeps nor uses what V8 made of the program’s own files',
  ],
  ['XDG_CACHE_HOME', 'where that is kept, in `tokenctl/compiled`; without it in `~/.cache`'],
  ['DISPLAY, WAYLAND_DISPLAY', 'whether a notice can be shown on a screen'],
]

/** Where things rest, on Linux; `docs/architecture.md` has every file. */
export const FILES: readonly Fact[] = [
  [
    '~/.config/tokenctl/config.json',
    'the settings; `tokenctl config path` says where they are on this machine',
  ],
  [
    '~/.config/tokenctl/vault.key',
    'the key of the encrypted folder, where nobody chose another place: keep a copy',
  ],
  ['~/.config/tokenctl/hooks.json', 'the programs that a renewal calls'],
  ['~/.config/tokenctl/marketplaces/', 'marketplaces of your own, a manifest each'],
  ['~/.local/share/tokenctl/', 'the state: records, journal, history, locks'],
]
