export * from './errors.ts'
export * from './generate.ts'
export * from './generate.pb.ts'
