/** Limits of a hub. Times in ms, sizes in bytes. */
export const hubLimits = {
  /** One step of OPAQUE in its worker: 0.3 s of key stretching, and the start of a thread on a busy machine. */
  opaque: 30_000,
  /** Redials: a person notices 4 s of absence hardly, and a registry that stays away is not hammered. */
  reconnect: { first: 500, fast: 4_000, fastFor: 60_000, slow: 30_000 },
  /** So long a copy of this home that signed in over another connection is taken to run still: twice the slowest redial. */
  twinRemembered: 60_000,
  /** Digits of pending devices that are kept: more than one account may have waiting. */
  digitsKept: 32,
  /** People looked up again at once, as after a sign-in with many links: the registry has others to answer. */
  lookUpsAtOnce: 8,
  /** People who were changed and are not linked are looked up within this: all who know them were told at once. */
  lookUpSpread: 2_000,
  /** How long the look-up of somebody who dials may take before they are taken for what they show. */
  freshLookUp: 3_000,
  /** ms between looks for linked people whose attestation has run out: little beside the days that one lives. */
  expiryCheck: 10 * 60_000,
  /** People to whom links are kept up for the sake of rooms: as many as a room has. */
  roomLinks: 256,
  /** Members of each room, on either side by user id, to whom one has links however many rooms there are. */
  roomNeighbours: 3,
  /** Links to devices in all: those of rooms, and as many for further devices and for chats with one person. */
  peerLinks: 512,
  /** Of these to devices of one person, once all places are taken: few people have more devices that are on at once. */
  linksOfPerson: 4,
  /** People of whom one link is asked for their statements at once: 64 of 4 KB fill a frame to a quarter. */
  statementsAsked: 64,
  /** Statements in one answer: 200 of 4 KB fit into a frame; few people have had other account keys. */
  statementsAnswered: 200,
  /** Linked people who are asked for the statements of somebody, before the registry is. */
  statementsAskedOf: 3,
  /** How long these may take, one after the other. */
  statementsWait: 5_000,
  /** Account keys of one person, beside the present one, whose devices are remembered: each is a loss of all devices. */
  pastKeys: 16,
  /** Whoever could not be found is not looked for again before: what they wrote comes again with each comparison. */
  statementsAgain: 10_000,
  /** Head start of each address over the next when several are tried at once (RFC 8305 advises 250 ms). */
  dialStagger: 250,
  /** Shortest time between two dials to one person, however often somebody asks. */
  redial: 250,
  /** Addresses tried of one device: what a registry keeps. */
  addressesPerDevice: 8,
  /** Ports tried from 5858 on: more hubs than one machine has people. */
  portsTried: 100,
  /** Longest time until an attestation in use is renewed; sooner when half its life has passed. */
  renew: 6 * 3600_000,
  /** Shortest time between two renewals, whatever the life of an attestation. */
  renewShortest: 1_000,
  /** Questions that a registry may ask in one sign-in: a name, a secret, a code, each anew a few times. */
  prompts: 16,
  /** Characters kept of a sentence that another program wrote, and of a name in its lists. */
  words: 500,
  shownName: 128,
  /** How often the hub looks whether the machine slept or its network changed. */
  surroundings: 5_000,
  /** A look that comes this late means that the machine slept, rather than that it was busy. */
  sleep: 10_000,
  /** People of one online list: more is a registry that floods. */
  onlinePeople: 100_000,
  /** Strangers of a team that front ends list; more than anybody scrolls through, and search finds the others. */
  strangersListed: 2_000,
  /** A team of this size is listed whole, those who are offline included. */
  smallTeam: 200,
  /** Shortest time between two readings of a whole small team. */
  listAgain: 1_000,
  /** A person whose last front end has gone is away after this: a window that reloads does not flicker. */
  attendGrace: 5_000,
  /** Somebody who did something in a terminal, where no front end stays, is there for so long. */
  actedGrace: 60_000,
  /**
   * After its start a hub waits this long for what it does not know yet and is asked for: signing in, the mailbox and the
   * first links take a second or two.
   */
  catchUp: 5_000,
  /** People of one search; of a list unless a number is given. */
  page: 500,
  whoUsual: 100,
  /** How often this hub beats at most, and at least, whatever the registry wants. */
  beatShortest: 1_000,
  beatLongest: 5 * 60_000,
  /** The longest wait that a timer of Node takes: 2³¹ - 1 ms. */
  timer: 2_147_483_647,
  /** What answers at a place that a person typed is known within this, or nobody believes it will be. */
  probe: 12_000,
  // ---- ways to others
  /** Head start of the direct addresses over the relay: a direct link on the same continent is up within it. */
  relayHeadStart: 1_000,
  /** The longest wait for the other end of a relayed connection, once the registry has told it. */
  relayWait: 10_000,
  /** Offers of relayed connections that are taken at once: a registry that floods opens no more. */
  relayOffers: 16,
  /** While a link runs through the relay, direct ones are tried again and again, each time after a longer wait. */
  upgrade: { first: 10_000, fast: 60_000, fastFor: 10 * 60_000, slow: 10 * 60_000 },
  /** A link this old has won every race with others to the same device: a newer one means that the other side lost it. */
  settled: 10_000,
  /** Dials to people that are under way at once: a laptop that wakes has no use for a hundred. */
  dialsAtOnce: 8,
  /** Dials beside those, to people who were just written to: those 8 may all hang, each for the 10 s of a handshake. */
  dialsToWritten: 4,
} as const
