import type { Coordinator, CoordinatorComponents, CoordinatorInit } from './types.ts'

export function coordinator (_components: CoordinatorComponents, _init: CoordinatorInit = {}): Coordinator {
  throw new Error('the coordinator is being written')
}
