/** The control channel: how the commands on this machine speak to its daemon. A socket in the data folder that only its owner may open. */
export { askDaemon } from './client.ts'
export { controlServer, type ControlServer } from './server.ts'
export { overviewSchema, type Overview } from './overview.ts'
export type { ControlReply, ControlRequest, NodeStatus } from './messages.ts'
