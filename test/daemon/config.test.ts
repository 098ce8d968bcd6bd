import assert from 'node:assert/strict'
import { statfs } from 'node:fs/promises'
import { diskLimit } from '../../src/daemon/config.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

describe('what a node was told', () => {
  after(removeFolders)

  it('bounds its weights to so many bytes, to a share of the whole disk, or not at all', async () => {
    const data = await temporaryFolder()
    const { blocks, bsize } = await statfs(data)
    assert.equal(await diskLimit({ data }), undefined)
    assert.equal(await diskLimit({ data, disk: { bytes: 5e9 } }), 5e9)
    assert.equal(await diskLimit({ data, disk: { share: 0.25 } }), Math.floor(blocks * bsize * 0.25))
  })
})
