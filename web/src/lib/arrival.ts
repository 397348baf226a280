import { parseSearch } from './search-codec.ts'

/**
 * The address the page was opened with. The router writes what it cannot use out of the address at once, so it is kept
 * here; addresses that the console makes itself hold nothing that it cannot use.
 */
export const arrival = { path: window.location.pathname, search: parseSearch(window.location.search) }
