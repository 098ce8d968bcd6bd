/** Which peers a session runs on. Pure: values in, values out; may import the model room's types only. */
export { planRoute } from './plan-route.ts'
export type * from './types.ts'
