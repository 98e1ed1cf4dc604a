/** Sign-in by one mechanism. An account belongs to the mechanism that created it. */
export interface Auth {
  /** Clients speak `opaque` and `prompt`. */
  readonly mechanism: string
  /** Makes a credential for a new account. Without it the first allowed sign-in creates the account. */
  enrol?(exchange: Exchange): Promise<Verdict>
  signIn(exchange: Exchange): Promise<Verdict>
}

/** One run of a mechanism between a client and the registry. A throw or a time-out means deny. */
export interface Exchange {
  readonly name: string
  readonly purpose: 'sign-up' | 'sign-in' | 'change' | 'reset'
  /** What enrolment stored; absent for an unknown name. */
  readonly credential?: Uint8Array
  /** Ties the exchange to this TLS connection, device and registry. */
  readonly binding: Uint8Array
  /** The client's first bytes. */
  readonly first: Uint8Array
  /** Sends bytes to the client and gives its answer. */
  challenge(data: Uint8Array): Promise<Uint8Array>
  /** The client's IP address. */
  readonly address: string
  readonly signal: AbortSignal
}

/** How an exchange ended. `unavailable` ends it too: never an allow, never counted as a guess. */
export type Verdict =
  | { readonly is: 'allow'; readonly credential?: Uint8Array; readonly name?: string; readonly displayName?: string }
  | { readonly is: 'deny' }
  | { readonly is: 'unavailable'; readonly why: string }
