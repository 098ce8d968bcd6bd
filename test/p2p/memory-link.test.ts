import { memoryLinkPair } from '../../src/p2p/index.ts'
import { linkCompliance } from './link-compliance.ts'

describe('link inside the process', () => {
  linkCompliance(async () => {
    const [near, far] = memoryLinkPair({ protocol: '/test/1.0.0', peers: ['a', 'b'] })
    return await Promise.resolve({ near, far })
  })
})
