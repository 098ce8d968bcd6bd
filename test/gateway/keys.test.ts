import assert from 'node:assert/strict'
import fc from 'fast-check'
import { bucket } from '../../src/gateway/bucket.ts'
import { callers } from '../../src/gateway/callers.ts'
import { guesses } from '../../src/gateway/guesses.ts'
import { refusals } from '../../src/gateway/refusals.ts'
import { findKey, keyDigest, newApiKey, ownKey } from '../../src/gateway/keys.ts'
import { forPrincipal, principals } from '../../src/gateway/principals.ts'
import { atlas, fakeGenerator } from './fake-generator.ts'
import type { ApiKey, KeyLimits } from '../../src/gateway/index.ts'

const keyOf = (limits: KeyLimits = {}, key = 'k'): ApiKey => ({ id: key, name: key, digest: keyDigest(key), guessable: false, ...limits })

describe('API keys', () => {
  it('are 256 random bits with a name in front, each another one', () => {
    const made = Array.from({ length: 100 }, newApiKey)
    assert.equal(new Set(made).size, 100)
    for (const key of made) assert.match(key, /^sk-shoal-[\w-]{43}$/)
  })

  it('are found whole and never by a part', () => {
    const keys = ['one', 'two', 'three'].map((key) => keyOf({}, key))
    fc.assert(fc.property(fc.oneof(fc.string(), fc.constantFrom('one', 'two', 'three', 'One', 'on', 'onee')), (given) => {
      assert.equal(findKey(keys, given)?.name, ['one', 'two', 'three'].find((key) => key === given))
    }))
  })

  it('of a person\'s own making count as guessable while they are short', () => {
    assert.equal(ownKey('secret').guessable, true)
    assert.equal(ownKey('x'.repeat(32)).guessable, false)
  })
})

describe('a bucket', () => {
  it('never gives more than a minute\'s worth, and what came in since', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 600 }), fc.array(fc.nat(5000), { maxLength: 200 }), (perMinute, pauses) => {
      let now = 0
      let given = 0
      const { wait, take } = bucket(perMinute, () => now)
      for (const pause of pauses) {
        now += pause
        if (wait() === undefined) {
          take(1)
          given++
        }
      }
      assert.ok(given <= perMinute + now * perMinute / 60_000 + 1e-6)
    }))
  })

  it('says to the ms when there is something again', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 1_000_000 }), (perMinute, taken) => {
      let now = 0
      const { wait, take } = bucket(perMinute, () => now)
      take(taken)
      const late = wait()
      if (late === undefined) return
      now += late
      assert.equal(wait(), undefined)
    }))
  })
})

describe('a key\'s limits', () => {
  it('let so many requests through a minute, and say when to come again', () => {
    let now = 0
    const asks = principals(() => now).of(keyOf({ requestsPerMinute: 2 }))
    asks.enter()()
    assert.deepEqual(asks.headers(), { 'x-ratelimit-limit-requests': '2', 'x-ratelimit-remaining-requests': '1' })
    asks.enter()()
    assert.throws(() => asks.enter(), { name: 'HttpError', status: 429, code: 'rate_limit_exceeded', retryAfterS: 30 })
    now += 30_000
    asks.enter()
  })

  it('let so many through at once, each of which gives its place back once', () => {
    const asks = principals(() => 0).of(keyOf({ concurrent: 2 }))
    const leave = asks.enter()
    asks.enter()
    assert.throws(() => asks.enter(), { status: 429, message: /2 requests under way at once/ })
    leave()
    leave()
    asks.enter()
    assert.throws(() => asks.enter(), { status: 429 })
  })

  it('hold back who has used more tokens than a minute has', async () => {
    let now = 0
    const asks = principals(() => now).of(keyOf({ tokensPerMinute: 5 }))
    const generator = forPrincipal(fakeGenerator(), asks)
    asks.enter()
    for await (const _ of generator.generate({ modelId: 'bafyatlas', prompt: { kind: 'ids', ids: [1] }, maxTokens: 3, stop: [], sampling: {}, wire: 'f16' }, {})) { /* read to its end: 3 tokens of the prompt, 3 of the answer */ }
    assert.throws(() => asks.enter(), { status: 429, message: /5 tokens a minute/, retryAfterS: 24 })
    now += 24_000
    asks.enter()
  })

  it('stay with a key when its file is read anew, and end with it', () => {
    const all = principals(() => 0)
    const asks = all.of(keyOf({ requestsPerMinute: 1 }))
    asks.enter()
    assert.throws(() => all.of(keyOf({ requestsPerMinute: 1 })).enter(), { status: 429 })
    all.of(keyOf({ requestsPerMinute: 2 })).enter()
  })

  it('show the models that it may use, by name or id', async () => {
    const models = [atlas, { ...atlas, name: 'other', modelId: 'bafyother' }]
    for (const [allowed, seen] of [[['atlas'], ['atlas']], [['bafyother'], ['other']], [['nonesuch'], []], [undefined, ['atlas', 'other']]] as const) {
      const generator = forPrincipal(fakeGenerator({ models }), principals(() => 0).of(keyOf({ models: allowed })))
      assert.deepEqual((await generator.models()).map(({ name }) => name), seen)
    }
  })
})

describe('guesses', () => {
  it('hold an address back twice as long each time, and others not at all', () => {
    let now = 0
    const { heldMs, wrong } = guesses({ free: 3, firstMs: 100, longestMs: 350 }, () => now)
    const held = [1, 2, 3, 4, 5, 6, 7].map(() => {
      wrong('10.0.0.1')
      const ms = heldMs('10.0.0.1')
      now += ms
      return ms
    })
    assert.deepEqual(held, [0, 0, 0, 100, 200, 350, 350])
    assert.equal(heldMs('10.0.0.2'), 0)
    now += 10_000
    wrong('10.0.0.1')
    assert.equal(heldMs('10.0.0.1'), 0)
  })

  it('count a home\'s IPv6 addresses as one, and an IPv4 address the same however it is written', () => {
    const { heldMs, wrong } = guesses({ free: 0 }, () => 0)
    wrong('2001:db8:0:1::5')
    assert.ok(heldMs('2001:db8::1:ffff:0:0:9') > 0)
    assert.equal(heldMs('2001:db8:0:2::5'), 0)
    wrong('::ffff:1.2.3.4')
    assert.ok(heldMs('1.2.3.4') > 0)
    assert.equal(heldMs('1.2.3.5'), 0)
  })

  it('remember so many addresses and no more', () => {
    const { heldMs, wrong } = guesses({ free: 0, maxAddresses: 10 }, () => 0)
    for (let last = 1; last <= 100; last++) wrong(`10.0.0.${last}`)
    assert.equal(heldMs('10.0.0.90'), 0)
    assert.ok(heldMs('10.0.0.91') > 0)
  })
})

describe('refusals', () => {
  it('go out at once now and then, and later where there are many of one home', async () => {
    let now = 0
    const { refused } = refusals({ perMinute: 3, holdMs: 1 }, () => now)
    for (let count = 0; count < 3; count++) assert.equal(refused('2001:db8::1'), undefined)
    await refused('2001:db8::2')
    assert.equal(refused('2001:db8:0:1::1'), undefined)
    now += 20_000
    assert.equal(refused('2001:db8::1'), undefined)
    await refused('2001:db8::1')
  })

  it('are held back up to a bound, and of so many homes', async () => {
    const { refused } = refusals({ perMinute: 1, holdMs: 1, maxHeld: 1, maxHomes: 2 }, () => 0)
    for (const home of ['10.0.0.1', '10.0.0.2']) assert.equal(refused(home), undefined)
    const held = refused('10.0.0.1')
    assert.ok(held !== undefined)
    assert.equal(refused('10.0.0.2'), undefined)
    await held
    assert.ok(refused('10.0.0.2') !== undefined)
    assert.equal(refused('10.0.0.3'), undefined)
    // 10.0.0.1 is forgotten
    assert.equal(refused('10.0.0.1'), undefined)
  })
})

describe('callers', () => {
  const proxies = ['10.0.0.0/8', '::1', '192.168.1.1']
  const cases: Array<[string, Parameters<ReturnType<typeof callers>['of']>[0], string, boolean]> = [
    ['a connection of its own', { address: '1.2.3.4', encrypted: false }, '1.2.3.4', false],
    ['a stranger who names another', { address: '1.2.3.4', encrypted: false, forwardedFor: '5.6.7.8', forwardedProto: 'https' }, '1.2.3.4', false],
    ['a proxy', { address: '10.1.1.1', encrypted: false, forwardedFor: '5.6.7.8', forwardedProto: 'https' }, '5.6.7.8', true],
    ['a proxy, on a socket of both kinds', { address: '::ffff:10.1.1.1', encrypted: false, forwardedFor: '5.6.7.8' }, '5.6.7.8', false],
    ['two proxies', { address: '::1', encrypted: true, forwardedFor: '5.6.7.8, 10.2.2.2' }, '5.6.7.8', true],
    ['a proxy with somebody who names another', { address: '10.1.1.1', encrypted: false, forwardedFor: '6.6.6.6, 5.6.7.8' }, '5.6.7.8', false],
    ['a proxy that names itself alone', { address: '10.1.1.1', encrypted: false }, '10.1.1.1', false],
    ['a proxy with nonsense', { address: '10.1.1.1', encrypted: false, forwardedFor: '5.6.7.8, unknown' }, '10.1.1.1', false],
    ['a proxy with a port', { address: '10.1.1.1', encrypted: false, forwardedFor: '"[2001:db8::1]:4711"' }, '2001:db8::1', false],
    ['a proxy whose client came in plain text', { address: '10.1.1.1', encrypted: true, forwardedFor: '5.6.7.8', forwardedProto: 'http' }, '5.6.7.8', false]
  ]
  for (const [what, connected, address, secure] of cases) {
    it(`are known behind ${what}`, () => { assert.deepEqual(callers(proxies).of(connected), { address, secure }) })
  }

  it('name nobody else where no proxy is trusted', () => {
    fc.assert(fc.property(fc.ipV4(), fc.string(), (address, forwardedFor) => {
      assert.deepEqual(callers().of({ address, encrypted: false, forwardedFor, forwardedProto: 'https' }), { address, secure: false })
    }))
  })
})
