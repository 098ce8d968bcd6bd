import { connect } from '../../src/client/browser.ts'
console.log(connect)
