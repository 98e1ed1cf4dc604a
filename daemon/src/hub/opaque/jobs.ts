/** What the OPAQUE worker can be asked: input and output of each job. Texts are the library's base64url. */
export interface OpaqueJobs {
  startSignUp: [{ password: string }, { state: string; request: string }]
  finishSignUp: [{ password: string; state: string; response: string }, { record: string }]
  startSignIn: [{ password: string }, { state: string; request: string }]
  /** `undefined`: the password is wrong, or there is no such account. */
  finishSignIn: [
    { password: string; state: string; response: string },
    { finish: string; sessionKey: string } | undefined,
  ]
}

export interface OpaqueJob<K extends keyof OpaqueJobs = keyof OpaqueJobs> {
  readonly id: number
  readonly is: K
  readonly input: OpaqueJobs[K][0]
}

export type OpaqueAnswer =
  | { readonly id: number; readonly output: OpaqueJobs[keyof OpaqueJobs][1] }
  | { readonly id: number; readonly failed: string }
