import type { StageServer, StageServerComponents, StageServerInit } from './types.ts'

export function stageServer (_components: StageServerComponents, _init: StageServerInit = {}): StageServer {
  throw new Error('the stage server is being written')
}
