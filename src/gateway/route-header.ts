import type { RouteStage } from '../pipeline/index.ts'

/** `PEERID[A:B] PEERID[B:C] …` */
export const routeHeader = (route: readonly RouteStage[]): string =>
  route.map(({ peerId, span: [start, end] }) => `${peerId}[${start}:${end}]`).join(' ')
