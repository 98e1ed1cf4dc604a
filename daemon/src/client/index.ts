export { type Client, type ConnectOptions, connect } from './connect.ts'
export { connectOrStart, type StartOptions } from './start.ts'
