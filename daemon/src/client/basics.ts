// What front ends need before there is a connection, and without what makes one: errors, and where things are.
export { asParleyError, type ErrorCode, ParleyError } from '../errors.ts'
export { homeOfSetting, locations } from '../locations.ts'
