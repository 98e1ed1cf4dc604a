/** Limits of the plugin. Times in ms. */
export const limits = {
  /** All that is asked of the directory in one sign-in: sooner than the registry lets go, so that people hear why. */
  directory: 8_000,
  /** Sign-ins that the directory is asked about at once; more find it busy. */
  atOnce: 32,
  /** Characters of a display name that are passed on. */
  displayName: 200,
} as const
