import assert from 'node:assert/strict'
import fc from 'fast-check'
import { believed, type Claim } from '../../src/daemon/believe.ts'

const from = (host: string, modelId: string): Claim => ({ peerId: `peer of ${host}`, modelId, addresses: [`/ip4/${host}/tcp/1`] })

describe('what nodes say of a name at the hub', () => {
  it('is believed where nodes on three networks say the same', () => {
    const claims = [from('1.1.1.1', 'a'), from('1.1.1.2', 'a'), from('2.2.2.2', 'a')]
    assert.equal(believed('s', claims, { trust: false }), undefined)
    assert.deepEqual(believed('s', [...claims, from('3.3.3.3', 'a')], { trust: false }), { modelId: 'a', networks: 3 })
  })

  it('is believed of one node where that was asked for', () => {
    assert.deepEqual(believed('s', [from('1.1.1.1', 'a')], { trust: true }), { modelId: 'a', networks: 1 })
    assert.equal(believed('s', [], { trust: true }), undefined)
  })

  it('is refused where others contradict', () => {
    const claims = [from('1.1.1.1', 'a'), from('2.2.2.2', 'a'), from('3.3.3.3', 'a'), from('4.4.4.4', 'b')]
    for (const trust of [false, true]) assert.throws(() => believed('s', claims, { trust }), (error) => error instanceof Error && error.name === 'AmbiguousModelError' && /a \(3\), b \(1\)/.test(error.message))
  })

  it('hears a node at many addresses once', () => {
    const everywhere: Claim = { peerId: 'x', modelId: 'a', addresses: ['/ip4/1.1.1.1/tcp/1', '/ip4/2.2.2.2/tcp/1', '/ip4/3.3.3.3/tcp/1'] }
    assert.equal(believed('s', [everywhere, from('1.1.1.9', 'a')], { trust: false }), undefined)
  })

  it('takes no number of nodes on one network for more than one voice', () => {
    fc.assert(fc.property(fc.array(fc.record({ network: fc.nat(1), host: fc.nat(250), modelId: fc.constantFrom('a', 'b') }), { maxLength: 200 }), (claims) => {
      assert.equal(believed('s', claims.map(({ network, host, modelId }) => from(`9.9.${network}.${host}`, modelId)), { trust: false }), undefined)
    }))
  })
})
