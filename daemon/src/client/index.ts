export { asParleyError, type ErrorCode, ParleyError } from '../errors.ts'
export { type Client, type ConnectOptions, connect } from './connect.ts'
export { connectOrStart, type StartOptions } from './start.ts'
