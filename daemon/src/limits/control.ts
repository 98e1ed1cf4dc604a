/** Limits of the local API and of the command line. Times in ms, sizes in bytes. */
export const controlLimits = {
  /** One message of the control API: a file as data, a third longer as base64, is the largest. */
  controlMessage: 14 * 1024 * 1024,
  /** The header lines before a control message: two short lines need far less. */
  controlHeader: 1024,
  /** From a connection to the control socket until its proof and hello: both ends are on this machine. */
  controlProof: 5_000,
  /** Front ends of one daemon: windows, terminals and scripts of one person. */
  controlConnections: 512,
  /** Requests of one front end that may be under way; the next is refused as busy. */
  controlInFlight: 256,
  /** Unread bytes of a front end after which its requests wait and its feed lapses. */
  controlBacklog: 1024 * 1024,
  /** Conversations whose messages one front end may watch. */
  controlWatches: 256,
  /** How long a message waits for somebody to be told of it: a window that reloads is back by then. And how many do. */
  missedFor: 10_000,
  missed: 50,
  /** The key of a place that remembers its open chats, the chats of one, and places: the oldest is forgotten. */
  placeKey: 256,
  openChats: 64,
  openPlaces: 64,
  /** Messages of one conversation that wait for a slow front end before it is told to read the history again. */
  controlMessages: 1_000,
  /** Their text as JSON, likewise: it goes out as one message of the control API. */
  controlMessagesBytes: 1024 * 1024,
  /** Largest page of history in one reply: one message holds far more than a screen, even of long messages. */
  controlPage: 1_000,
  /** daemon.json: five short fields. */
  daemonFile: 16 * 1024,
  /** How often a starter looks whether the daemon is there. */
  startPoll: 50,
  /** A starter whose daemon found another one holding the home tries its own again after this. */
  startAgain: 1_500,
  /** `node --version` of a candidate on the PATH. */
  nodeProbe: 5_000,
  /** How long a daemon that makes way may take until its process has ended: `stop`, and some time to write its last. */
  daemonEnd: 8_000,
  /** Copied daemons kept besides the one that runs: the newest, and the one to look at when that one fails. */
  versionsKept: 2,
  /** A copied daemon is moved into its place so often, this far apart, while a virus scanner holds it. */
  moveTries: 20,
  moveAgain: 100,
  /** A copy that is still half-made after this was left by an editor that was killed. */
  draftLife: 10 * 60_000,
  /** What a starter keeps of a failing daemon's last words. */
  startOutput: 64 * 1024,
  /** Lines of stdin that carry a secret or an answer. */
  answer: 8 * 1024,
  /** A paste is over when nothing more has come for this long: a slow line delivers it in several pieces. */
  pasteQuiet: 200,
  /** How often a person is asked for a password before a command gives up: as often as login(1) and sudo(8) do. */
  passwordTries: 3,
  /** Messages among which a command looks for the one whose id begins as typed: what a person has just seen, and more. */
  messagesSought: 5_000,
  /** Most lines that a chat at a terminal begins with, where so many are unread. */
  chatLines: 200,
  /** How long a message in a chat is on its way before the person is told that it waits; a link takes far less. */
  onItsWay: 1_000,
  /** How long `send --wait`, and `chat` at its end, wait for delivery unless told otherwise. */
  deliveryWait: 30_000,
  /** How long a front end waits for a reply; the hub's own deadlines towards others are shorter. */
  controlRequest: 60_000,
  /** The same for one in whose course a person is asked: a whole `exchange`, twice for a new proof, and what is around it. */
  prompted: 300_000,
  /** The longest wait for delivery that a front end may ask for: a day. */
  longestWait: 24 * 3600_000,
  /** What closing a control connection may take until its last reply is read. */
  controlClose: 1_000,
  /** How long a front end waits for a daemon that it started. */
  daemonStart: 20_000,
  /** How long a hub stays after its last front end; less on an editor's own runtime, whose updates it would block. */
  linger: 10 * 60_000,
  lingerOnEditor: 10_000,
  /** Feed changes a second. */
  feedPerSecond: 20,
  /** How long stopping may take before the process ends anyway. */
  stop: 5_000,
} as const
