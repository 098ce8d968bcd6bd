export * from './constants.ts'
export * from './ring.pb.ts'
