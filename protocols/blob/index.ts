export * from './blob.pb.ts'
export * from './constants.ts'
