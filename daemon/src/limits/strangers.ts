/** Limits towards people of no team. Times in ms, sizes in bytes. */
export const strangersLimits = {
  /** Chat requests that wait for an answer: more than anybody reads is a flood, and the first ones are kept. */
  requests: 100,
  /** Of those from one IPv4 address or IPv6 /64: a household, but not somebody who makes a key for each. */
  requestsPerAddress: 5,
  /** How long a request waits; the same for what one has asked of others. */
  requestAge: 30 * 24 * 3600_000,
  /** How long somebody who was declined is not shown again. */
  declinedFor: 24 * 3600_000,
  /** People of no team who are let in without a yes where everybody is: each is listed, and dialled for ever. */
  strangersAccepted: 200,
  /** Shortest time between two writes of what one stranger says of themselves: they choose how often they say it. */
  requestAgain: 60_000,
  /** Others whom one has asked, and who have not accepted yet. */
  asks: 100,
  /** Addresses kept of one device of no team, the one seen last first: at home, at work, on the way. */
  strangerAddresses: 4,
  /** Delays between asking again: quick while both people sit in front of it, rare for the days after. */
  askStranger: { first: 2_000, fast: 15_000, fastFor: 5 * 60_000, slow: 10 * 60_000 },
  /** Warnings about addresses where another key answers than before. */
  strangerNotices: 20,
  /** People whom this home blocks: each has a row in memory. */
  blocked: 1_000,
  /** People who were blocked once: kept, the latest, so that a device that was away for long hears that they no longer are. */
  unblocked: 1_000,
  /** Bytes of the name of somebody whom another device of one's own has blocked. */
  blockedName: 1_024,
} as const
