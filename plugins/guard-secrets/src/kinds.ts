/** A secret that its look gives away. */
export interface SecretKind {
  /** What a configuration calls it. */
  readonly id: string
  /** What a person is told was seen, after "This looks like it holds". */
  readonly words: string
  /** Linear in the length of the text, whatever that is: it runs on the event loop. */
  readonly pattern: RegExp
}

/**
 * Kinds whose makers gave them a beginning of their own, so that next to nothing else looks like one. The lengths are the
 * least that their makers have used; where it may be part of a longer word, what stands before it must not be one.
 */
export const secretKinds: readonly SecretKind[] = [
  // RFC 7468, section 10 and 11; OpenSSH's and PGP's own armour.
  {
    id: 'private-key',
    words: 'a private key',
    pattern: /-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----/,
  },
  { id: 'putty-key', words: 'a private key of PuTTY', pattern: /PuTTY-User-Key-File-[23]: / },
  { id: 'age-key', words: 'a private key of age', pattern: /\bAGE-SECRET-KEY-1[0-9A-Z]{58}/ },
  { id: 'aws', words: 'an access key of AWS', pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/ },
  {
    id: 'aws-secret',
    words: 'a secret key of AWS',
    pattern: /aws_?secret_?access_?key["']?\s{0,8}[:=]\s{0,8}["']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/i,
  },
  {
    id: 'azure',
    words: 'an account key of Azure',
    pattern: /\b(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{43,86}={1,2}/,
  },
  { id: 'google', words: 'an API key of Google', pattern: /\bAIza[A-Za-z0-9_-]{35}/ },
  { id: 'google-oauth', words: 'a client secret of Google', pattern: /\bGOCSPX-[A-Za-z0-9_-]{28}/ },
  {
    id: 'github',
    words: 'a token of GitHub',
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})/,
  },
  { id: 'gitlab', words: 'a token of GitLab', pattern: /\bgl(?:pat|dt|rt|ptt|cbt|soat)-[A-Za-z0-9_-]{20}/ },
  { id: 'npm', words: 'a token of npm', pattern: /\bnpm_[A-Za-z0-9]{36}/ },
  { id: 'pypi', words: 'a token of PyPI', pattern: /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50}/ },
  { id: 'slack', words: 'a token of Slack', pattern: /\bxox[abeoprs]-[0-9A-Za-z-]{20}/ },
  {
    id: 'slack-hook',
    words: 'a webhook of Slack',
    pattern: /\bhooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9+/]{30}/,
  },
  { id: 'stripe', words: 'a live key of Stripe', pattern: /\b[rs]k_live_[A-Za-z0-9]{16}/ },
  { id: 'anthropic', words: 'an API key of Anthropic', pattern: /\bsk-ant-[A-Za-z0-9_-]{32}/ },
  { id: 'openai', words: 'an API key of OpenAI', pattern: /\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{32}/ },
  { id: 'hugging-face', words: 'a token of Hugging Face', pattern: /\bhf_[A-Za-z]{34}\b/ },
  { id: 'digitalocean', words: 'a token of DigitalOcean', pattern: /\bdo[opr]_v1_[0-9a-f]{64}/ },
  { id: 'sendgrid', words: 'an API key of SendGrid', pattern: /\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/ },
]

/** The first kind of these that `text` holds; undefined: none. */
export function secretIn(text: string, kinds: readonly SecretKind[] = secretKinds): SecretKind | undefined {
  return kinds.find(({ pattern }) => pattern.test(text))
}
