export * from './ring.ts'
export * from './ring.pb.ts'
