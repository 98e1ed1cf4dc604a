export { asParleyError, type ErrorCode, homeOfSetting, locations, ParleyError } from './basics.ts'
export { type Client, type ConnectOptions, connect } from './connect.ts'
export { endRunning } from './end.ts'
export { connectOrStart, type StartOptions } from './start.ts'
