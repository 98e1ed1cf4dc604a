/** Limits of plugins, configuration and logs. Times in ms, sizes in bytes. */
export const pluginsLimits = {
  /** A plugin's module must load, and its set-up end, within this: opening a database may replay a long log. */
  pluginSetup: 45_000,
  /** A plugin that does not close is left behind after this. */
  pluginClose: 5_000,
  /** A guard must have judged within this; one that was late so often in a row is asked no more for a while. */
  guard: 5_000,
  guardFaults: 3,
  guardRest: 60_000,
  /** An observer has this long for an event, and so many may wait for it. */
  observer: 30_000,
  observerQueue: 1_000,
  /** parley.json, and a file that holds an option: lines of text, not data. */
  configFile: 1024 * 1024,
  optionFile: 64 * 1024,
  /** A secret kept sealed: a key or a server's set-up, never a store of data. */
  secret: 64 * 1024,
  /** A log file is put aside at this size, and so many are kept, the current one included. */
  logFile: 5 * 1024 * 1024,
  logFiles: 3,
  /** Log lines that wait for a reader that does not read; beyond, the newest are dropped. */
  logBacklog: 1024 * 1024,
} as const
