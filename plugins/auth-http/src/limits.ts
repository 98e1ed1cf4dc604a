/** Limits of the plugin. Times in ms, sizes in bytes. */
export const limits = {
  /** One question to the service, unless the options say less: sooner than the registry lets go, so that people hear why. */
  answer: 8_000,
  /** What the service answers: a verdict or a question, and a state. */
  reply: 16 * 1024,
  /** What it may want to be told again with the next answer. */
  state: 4 * 1024,
  /** Questions of one sign-in: a name, a secret, a code, each anew a few times. */
  questions: 12,
  /** Sign-ins that are asked about at once; more find it busy. */
  atOnce: 64,
  /** Characters of a reason that people are told. */
  why: 200,
} as const
