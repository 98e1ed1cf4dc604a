// In place of the native module of this name, which npm would have to compile: it writes the logs of VS Code to their files.
const { appendFileSync, mkdirSync } = require('node:fs')
const { dirname } = require('node:path')

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'critical']

class Logger {
  #file
  #level = 2
  #isPlain = false

  constructor(_type, _name, file) {
    this.#file = file
    mkdirSync(dirname(file), { recursive: true })
  }

  write(level, text) {
    if (level < this.#level) return
    // Without a pattern the text brings its own line ends.
    const line = this.#isPlain ? text : `${new Date().toISOString()} [${levels[level]}] ${text}\n`
    appendFileSync(this.#file, line)
  }

  getLevel() {
    return this.#level
  }

  setLevel(level) {
    this.#level = level
  }

  clearFormatters() {
    this.#isPlain = true
  }

  setPattern() {}
  flush() {}
  drop() {}
}

for (const [level, name] of levels.entries()) {
  Logger.prototype[name] = function (text) {
    this.write(level, text)
  }
}

const create = async (...args) => new Logger('rotating', ...args)

// One by one: that is how an import finds them by name.
exports.Logger = Logger
exports.setLevel = () => {}
exports.setFlushOn = () => {}
exports.createRotatingLogger = create
exports.createAsyncRotatingLogger = create
