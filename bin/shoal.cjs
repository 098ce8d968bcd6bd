#!/usr/bin/env node
// Syntax of the oldest Node there is: an old one must get as far as the message below.
'use strict'
var fs = require('fs')
var path = require('path')
var url = require('url')

function leave (message) {
  process.stderr.write('shoal: ' + message + '\n')
  process.exit(1)
}

var version = process.versions.node.split('.').map(Number)
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  leave('Node 20.19 or later is needed, this is ' + process.versions.node + '; get a newer one from https://nodejs.org')
}

// Runs of ONNX Runtime occupy threads of this pool; files and DNS must not wait for them. Read at the pool's first use.
process.env.UV_THREADPOOL_SIZE = process.env.UV_THREADPOOL_SIZE || '8'

require('./v8.cjs')

var main = path.join(__dirname, '..', 'dist', 'cli.mjs')
if (!fs.existsSync(main)) {
  leave('dist/ is not built; run `npm run build` in ' + path.join(__dirname, '..'))
}
import(url.pathToFileURL(main).href).catch(function (error) {
  leave('the installation is damaged (' + (error && error.message) + '); install it again')
})
