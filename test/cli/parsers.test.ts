import assert from 'node:assert/strict'
import fc from 'fast-check'
import { repeatLists } from '../../src/cli/arguments.ts'
import * as parse from '../../src/cli/parsers.ts'

describe('values of options', () => {
  it('reads every span it writes', () => {
    fc.assert(fc.property(fc.nat(1000), fc.integer({ min: 1, max: 1000 }), (start, length) => {
      assert.deepEqual(parse.span(`${start}:${start + length}`), { start, end: start + length })
    }))
  })

  const wrong: Array<[string, (text: string) => unknown, string[]]> = [
    ['a span', parse.span, ['5:3', '5:5', '5', ':3', '3:', '-1:3', 'a:b', '1:2:3', '0:9999999']],
    ['a size', parse.size, ['', '8 potatoes', '-1GB', '0', '0%', '101%', 'GB', '1e3']],
    ['an origin', (text: string) => parse.origin(text), ['chat.example', 'https://chat.example/path', 'ftp://x', 'https://*.example', '', 'null']],
    ['an HTTP address', parse.http, ['8484', '127.0.0.1', 'localhost:', 'localhost:99999', 'http://localhost:1', '::1:80', 'no']],
    ['a device', parse.device, ['gpu', 'cuda:', 'cuda:x', '']],
    ['a seed', parse.seed, ['-1', '1.5', '18446744073709551616', 'x', '']],
    ['a whole number from 1 to 4', parse.integer(1, 4), ['0', '5', '1.5', '', 'x', '0x2', ' ']],
    ['a number from 0 to 1', parse.decimal(0, 1), ['-0.1', '1.1', '', ' ', 'x', 'NaN', 'Infinity']]
  ]
  for (const [what, parser, texts] of wrong) {
    it(`refuses what is no ${what.replace(/^an? /, '')}`, () => {
      for (const text of texts) assert.throws(() => parser(text), { code: 'commander.invalidArgument' }, text)
    })
  }

  it('reads sizes in both kinds of units, and shares', () => {
    assert.deepEqual(parse.size('8GB'), { bytes: 8e9 })
    assert.deepEqual(parse.size('1.5 GiB'), { bytes: 1.5 * 1024 ** 3 })
    assert.deepEqual(parse.size('512m'), { bytes: 512 * 1024 ** 2 })
    assert.deepEqual(parse.size('1000'), { bytes: 1000 })
    assert.deepEqual(parse.size('70%'), { share: 0.7 })
  })

  it('reads HTTP addresses, IPv6 in brackets, and off', () => {
    assert.deepEqual(parse.origin('HTTPS://Chat.example/', ['*']), ['*', 'https://chat.example'])
    assert.deepEqual(parse.origin('*'), ['*'])
    assert.deepEqual(parse.http('127.0.0.1:0'), { host: '127.0.0.1', port: 0 })
    assert.deepEqual(parse.http('[::1]:8484'), { host: '::1', port: 8484 })
    assert.deepEqual(parse.http('box.lan:80'), { host: 'box.lan', port: 80 })
    assert.equal(parse.http('off'), 'off')
  })

  it('reads seeds of 64 bits', () => {
    assert.equal(parse.seed('18446744073709551615'), 2n ** 64n - 1n)
  })
})

describe('lists of addresses', () => {
  const address = '/ip4/10.0.0.1/tcp/4484'
  it('belong to their option, and nothing else does', () => {
    assert.deepEqual(repeatLists(['ask', '--join', address, 'shoal1abc', 'a question']), ['ask', '--join', address, '--join', 'shoal1abc', 'a question'])
    assert.deepEqual(repeatLists(['serve', '--join', address, address, '--listen', address, 'model', address]),
      ['serve', '--join', address, '--join', address, '--listen', address, 'model', address])
    assert.deepEqual(repeatLists(['serve', '--join', address, '/models/x', address]), ['serve', '--join', address, '/models/x', address])
    assert.deepEqual(repeatLists(['ask', address]), ['ask', address])
  })
})
