/** Every timeout, size and ceiling of the extension, each with its reason. Times in ms, sizes in characters. */
export const limits = {
  // ---- the hub
  /** The waits before the hub is looked for again: a killed one is back before a person notices; then ever slower. */
  hubBackoff: { first: 200, longest: 10_000 },
  /** So many ends in a row without a time of health in between, and a person has to say *Try Again*. */
  hubTries: 6,
  /** A hub that lived this long was healthy. */
  steadyHub: 60_000,
  /** What a connected hub may take for its snapshot: it is on this machine, but a machine can be busy. */
  hubGreeting: 20_000,
  /** How long a request waits for a hub that is away: a restart takes a second or two, and a send should just work. */
  hubAway: 10_000,
  /** What the hub may take to say how it is, for a report: one that hangs is reported without it. */
  report: 3_000,
  /** Characters of the hub's reason in a tooltip: a few lines. */
  reason: 300,
  // ---- what a chat surface may say: it shows what others wrote, so nothing of it is taken unchecked
  /** Ids, names and positions: what the hub takes. */
  shortText: 512,
  /** A message or a draft: far more than the hub takes, so that it is the hub that refuses in words. */
  longText: 1024 * 1024,
  /** A link that a person clicks; browsers take no longer ones everywhere. */
  link: 8 * 1024,
  /** A path in a message: Linux's own bound. */
  path: 4096,
  /** The highest line or column that is looked for. */
  line: 10_000_000,
  /** UTF-16 units of one reaction: a flag of a region has 14. */
  emoji: 32,
  /** People that a message names, and files that go with it: what the hub takes. */
  mentions: 50,
  filesOfMessage: 10,
  /** A file that was pasted or dropped, in base64: the hub takes 10 MiB of it. */
  fileData: Math.ceil((10 * 1024 * 1024) / 3) * 4 + 4,
  /** Bytes of an image that is shown: what is larger is a card; a page holds some of them as text. */
  image: 5 * 1024 * 1024,
  /** What fetching a file may take before it is said that it is still on its way: it goes on all the same. */
  longFetch: 10 * 60_000,
  /** What it may take to take a file in: it is read and hashed, and a disk can be slow. */
  addFile: 120_000,
  /** Pixels of a side of an image. */
  side: 100_000,
  /** Messages that a surface asks for at once. */
  surfacePage: 500,
  /** Requests of one surface under way: more than a person makes in the time that a hub takes to start. */
  surfaceRequests: 256,
  /** Messages kept that the hub has not taken, of all chats: those of a day without it. */
  keptMessages: 500,
  /** News that wait while a surface opens its chat; with more it reads the history again. */
  waitingNews: 256,
  // ---- chats
  /** How long a page waits for the hub before it says why there is no chat: before its own deadline for an answer. */
  opening: 15_000,
  /** Messages of a page on each side of the place where a chat opens: three screens full. */
  openPage: 60,
  /** Tabs with chats that are kept for a workspace: what the hub takes. */
  openTabs: 64,
  /** Lists are drawn again at most this often: the feed brings 20 changes a second. */
  refresh: 100,
  /** Characters of a name in a list, a title or a notification; the registry allows 64. */
  name: 64,
  /** Characters of a room's topic in a line. */
  topic: 250,
  /** Characters of a file's name: enough to keep what it ends with in sight. */
  fileName: 120,
  /** Characters of the last line in a list. */
  lastLine: 100,
  /** Files of one name that are looked at for the one that a message means. */
  samePlaces: 64,
  /** How long the workspace is searched for a file that a message names. */
  placeSearch: 5_000,
  /** Characters of a sentence that says what went wrong. */
  sentence: 500,
  // ---- people
  /** How long typing must rest before the team is searched: a word is typed faster. */
  searchPause: 150,
  /** People that a search asks for, and rows of one kind that a box shows: nobody scrolls further, they type more. */
  searchResults: 50,
  shownChoices: 200,
  /** Characters around what a search has found: what the hub gives. */
  excerpt: 200,
  // ---- notifications
  /** Characters of a message in a notification, or of a reason above a list: two lines of it. */
  notice: 120,
  /** How long the status bar says what was done. */
  saidFor: 3_000,
  /** More than so many messages of one chat within this time are told of together. */
  flood: 3,
  floodTime: 5_000,
  /** Requests and devices that are known to have been told of: more than a person lets lie. */
  toldOnce: 100,
  // ---- what takes its time
  /** Exporting, importing and clearing a long history: hours on a slow disk, and the hub ends it in the end. */
  longHistory: 24 * 3600_000,
  /** Days that history may be kept for: what the hub takes. */
  retentionDays: 36_500,
  /** What `doctor` may take: it waits for ports and relays that do not answer. */
  doctor: 60_000,
  /** What a report waits for it. */
  reportChecks: 12_000,
  /** A new account key and a new password, which are stretched at both ends. */
  slowRequest: 30_000,
  /** A request in whose course the person is asked: longer than any team waits for their answers. */
  prompted: 300_000,
  /** How often a person may answer a team wrongly before they have to begin anew. */
  promptTries: 3,
  // ---- joining
  /** People that an invite lets in unless more are asked for, and how long it does: a small team, a week. */
  inviteUses: 5,
  inviteLasts: 7 * 24 * 3600_000,
  /** An invite for many is around for a day: it is shown to a room. */
  inviteRoom: 24 * 3600_000,
  /** How long who has just come in waits for the list of people, before the first chat is chosen without it. */
  firstPeople: 3_000,
  /** UTF-8 bytes of a name in the original program. */
  aliasShortest: 3,
  aliasLongest: 10,
  // ---- sharing
  /** UTF-8 bytes of one message: what the hub takes. */
  messageBytes: 100 * 1024,
} as const
