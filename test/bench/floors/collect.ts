// Loaded before a server whose memory is measured (`--expose-gc --import`): SIGUSR2 collects its garbage and says so on
// stderr. Without that, what is measured is how much garbage happens to lie about.
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  process.stderr.write('collected\n')
})
