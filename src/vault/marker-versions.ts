/** The versions of a vault's mark that are past the first, apart from their schemas. */

/** Of a mark that speaks of a second store; one that does not is of version 1, which any tokenctl reads. */
export const TWO_STORES_VERSION = 2
/** Of one that speaks of a move that other machines see too. */
export const SHARED_MOVE_VERSION = 3
/** Of one that says that the records are being sealed anew. The newest. */
export const MARKER_VERSION = 4
