/** The version of what a record's parts look like, apart from their schemas. */

/** A newer one is refused. */
export const RECORD_VERSION = 3
