/** Sign-in by one mechanism. An account belongs to the mechanism that created it. */
export interface Auth {
  /** Clients speak `opaque` and `prompt`. */
  readonly mechanism: string
  /**
   * Makes a credential: for a new account (`sign-up`), in the place of the present one once `signIn` of the same exchange
   * has allowed it (`change`), or on the strength of an admin's code, which the registry has checked (`reset`). Without it
   * the first allowed sign-in creates the account, and nothing can be changed here.
   */
  enrol?(exchange: Exchange): Promise<Verdict>
  /** Judges who somebody is: to let them in (`sign-in`), or before their credential is changed (`change`). */
  signIn(exchange: Exchange): Promise<Verdict>
}

/** One run of a mechanism between a client and the registry. A throw or a time-out means deny. */
export interface Exchange {
  readonly name: string
  readonly purpose: 'sign-up' | 'sign-in' | 'change' | 'reset'
  /** What enrolment stored; absent for an unknown name, for which every step must take as long, and at enrolment. */
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
