/** What VS Code's settings say of a proxy. */
export interface ProxySettings {
  /** `http.proxy`; empty: the system's, or none. */
  readonly proxy: string
  /** `http.noProxy`: hosts that are asked without it. */
  readonly noProxy: readonly string[]
  /** `http.proxySupport`. */
  readonly support: string
}

/** The environment in which the hub is started, with the proxy that the editor uses: it is the hub that dials. */
export function withProxy(env: NodeJS.ProcessEnv, { proxy, noProxy, support }: ProxySettings): NodeJS.ProcessEnv {
  if (support === 'off') return without(env, ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'])
  if (proxy === '') return env
  return {
    ...without(env, ['HTTPS_PROXY', 'ALL_PROXY']),
    HTTPS_PROXY: proxy,
    ...(noProxy.length > 0 && { NO_PROXY: noProxy.join(',') }),
  }
}

/** Programs read these in either case. */
function without(env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name.toUpperCase())))
}
