import type { ThinClient, ThinClientComponents, ThinClientInit } from './types.ts'

export function thinClient (_components: ThinClientComponents, _init: ThinClientInit = {}): ThinClient {
  throw new Error('the thin client is being written')
}
