/** What one test inside an extension host came to; passed to the outside as JSON. */
export interface HostResult {
  /** The titles of its suites and its own. */
  readonly path: readonly string[]
  readonly state: 'passed' | 'failed' | 'skipped'
  /** ms */
  readonly duration: number
  readonly error?: { readonly message: string; readonly stack: string }
}

/** The environment variable that names the file for the results. */
export const resultsVariable = 'PARLEY_HOST_RESULTS'
