/**
 * The thin client: finds a coordinator, opens a generation, reads tokens. Holds no layers and no model; runs in Node
 * and in a browser.
 */
export type * from './types.ts'
export { thinClient } from './thin-client.ts'
