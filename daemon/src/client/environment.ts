/**
 * What a started daemon gets of its starter's environment. A list of what it needs, because a terminal's environment is
 * full of other programs' secrets, and of ours: PARLEY_PASSWORD must not live on in a daemon.
 */
export function daemonEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => isAllowed(name)))
}

const allowed = new Set([
  // who and where
  ...['HOME', 'USER', 'LOGNAME', 'PATH', 'SHELL', 'TMPDIR', 'TEMP', 'TMP', 'TZ', 'LANG'],
  ...['XDG_RUNTIME_DIR', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME'],
  // Windows cannot load its own libraries without some of these
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'USERPROFILE', 'USERNAME', 'HOMEDRIVE', 'HOMEPATH'],
  ...['APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA', 'NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE'],
  // how much a log tells
  'PARLEY_LOG',
  // the way out; the first is the editor's own setting
  ...['PARLEY_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'],
])

function isAllowed(name: string): boolean {
  const upper = name.toUpperCase()
  return allowed.has(upper) || upper.startsWith('LC_')
}
