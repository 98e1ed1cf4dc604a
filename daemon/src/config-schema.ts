const address = { type: 'string', minLength: 1, maxLength: 300, description: 'HOST:PORT; port 0 is any free one' }
const duration = '^\\d{1,9}(ms|s|m|h|d)$'
const classic = {
  enum: ['off', 'loopback', 'on'],
  description: 'who may use the original, unencrypted protocol: nobody, this machine, or everybody',
}

/** JSON Schema of parley.json. docs/reference/parley.schema.json is the same, for editors. */
export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Parley configuration',
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    plugins: {
      description: 'storage and sign-in, by name of a built-in or package, or by path relative to this file',
      type: 'array',
      maxItems: 32,
      items: {
        description: 'a name, or an object with "use"',
        type: ['string', 'object'],
        minLength: 1,
        maxLength: 1024,
        required: ['use'],
        additionalProperties: false,
        properties: {
          use: { type: 'string', minLength: 1, maxLength: 1024, description: 'a name or a path' },
          as: {
            type: 'string',
            pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
            description: 'up to 64 of a-z, 0-9, dot, dash and underscore',
          },
          options: { description: 'the plugin\'s own; any may be { "env": "NAME" } or { "file": "path" }' },
        },
      },
    },
    log: {
      enum: ['debug', 'info', 'warn', 'error', 'silent'],
      description: 'how much the log tells; PARLEY_LOG says it first',
    },
    registry: {
      description: 'used by parley registry',
      type: 'object',
      additionalProperties: false,
      properties: {
        listen: { type: 'array', minItems: 1, maxItems: 16, items: address },
        heartbeat: address,
        public: { ...address, description: 'HOST:PORT under which people reach this registry' },
        name: { type: 'string', minLength: 1, maxLength: 64, description: 'the name of the team' },
        signUp: { enum: ['open', 'invite', 'closed'], description: 'who may sign up' },
        classic,
        classicTimeout: {
          type: 'string',
          pattern: duration,
          description: 'a time such as "60s": how long a classic client may be silent',
        },
        trustedProxies: {
          description: 'IP addresses or networks of proxies in front, whose connections begin with a PROXY v2 header',
          type: 'array',
          maxItems: 64,
          items: { type: 'string', minLength: 1, maxLength: 64, description: 'an IP address, or one as 10.0.0.0/8' },
        },
        volatile: { type: 'boolean', description: 'whether storage that does not survive a power cut will do' },
      },
    },
    hub: {
      description: "used by a person's own background service",
      type: 'object',
      additionalProperties: false,
      properties: {
        listen: { type: 'array', minItems: 1, maxItems: 16, items: address },
        linger: {
          type: 'string',
          pattern: `^always$|${duration}`,
          description: '"always", or a time such as "10m": how long it stays after the last front end has left',
        },
        classic,
        proxy: {
          type: 'string',
          minLength: 1,
          maxLength: 2048,
          description: 'URL of the HTTP proxy by which the team is reached, such as "http://proxy:3128", or "off"',
        },
      },
    },
  },
} as const
