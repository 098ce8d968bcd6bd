export * from './errors.ts'
export * from './constants.ts'
export * from './generate.pb.ts'
export * from './failure.ts'
