/** What VS Code's settings say of a proxy. */
export interface ProxySettings {
  /** `http.proxy`; empty: the system's, or none. */
  readonly proxy: string
  /** `http.noProxy`: hosts that are asked without it. */
  readonly noProxy: readonly string[]
  /** `http.proxySupport`. */
  readonly support: string
}

/**
 * The environment in which the hub is started, with the proxy that the editor uses: it is the hub that dials. One that the
 * hub cannot use, such as SOCKS, is left out, or it would not start.
 */
export function withProxy(env: NodeJS.ProcessEnv, { proxy, noProxy, support }: ProxySettings): NodeJS.ProcessEnv {
  if (support === 'off') return { ...env, PARLEY_PROXY: 'off' }
  if (!isHttp(proxy)) return env
  return { ...env, PARLEY_PROXY: proxy, ...(noProxy.length > 0 && { NO_PROXY: noProxy.join(',') }) }
}

function isHttp(proxy: string): boolean {
  const url = URL.parse(proxy)
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== ''
}
