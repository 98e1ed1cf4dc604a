import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Client } from 'ldapts'
import { type Certificates, makeCertificates } from './certificates.ts'
import { temporaryFolder } from './folder.ts'
import { until } from './wait.ts'

/** How to get what the tests of directories need; undefined where it is there. */
export const slapdMissing =
  existsSync('/usr/sbin/slapd') && existsSync('/usr/lib/ldap/back_mdb.so')
    ? undefined
    : 'there is no OpenLDAP server here; get it with `apt-get install slapd`'

/** A real OpenLDAP with a few people in it. */
export interface Slapd extends AsyncDisposable {
  /** ldap:// and ldaps:// of this machine. */
  readonly plain: string
  readonly secure: string
  readonly certificates: Certificates
  /** Ends it, as when its machine dies; and starts it again at the same ports, with the same people. */
  away(): Promise<void>
  back(): Promise<void>
}

export const suffix = 'dc=example,dc=org'
export const people = `ou=people,${suffix}`
/** May search; people may only bind. */
export const searcher = { dn: `cn=parley,${suffix}`, password: 'the password to search' }
export const passwordOf = (name: string) => `${name} says open sesame`

const admin = { dn: `cn=admin,${suffix}`, password: 'the password of the admin' }

/** Starts one in a folder of its own, on ports of its own. */
export async function startSlapd(): Promise<Slapd> {
  const folder = await temporaryFolder()
  const at = (name: string) => join(folder.path, name)
  const certificates = await makeCertificates()
  await mkdir(at('data'))
  for (const name of ['ca', 'cert', 'key'] as const)
    await writeFile(at(`${name}.pem`), certificates[name], { mode: 0o600 })
  await writeFile(at('slapd.conf'), configuration(at), { mode: 0o600 })
  const [plainPort, securePort] = [await freePort(), await freePort()]
  const plain = `ldap://127.0.0.1:${plainPort}`
  const secure = `ldaps://localhost:${securePort}`
  let server: ChildProcess | undefined
  const isRunning = () => server !== undefined && server.exitCode === null && server.signalCode === null
  const start = async () => {
    if (isRunning()) return
    server = spawn('/usr/sbin/slapd', ['-d', '0', '-f', at('slapd.conf'), '-h', `${plain}/ ${secure}/`], {
      stdio: 'ignore',
    })
    await until('the directory answers', () => answers(plain), 10_000)
  }
  const stop = async () => {
    if (!isRunning()) return
    const ended = new Promise(resolve => server?.once('exit', resolve))
    server?.kill('SIGKILL')
    await ended
  }
  try {
    await start()
    await fill(plain)
  } catch (error) {
    await stop()
    await folder[Symbol.asyncDispose]()
    throw error
  }
  return {
    plain,
    secure,
    certificates,
    away: stop,
    back: start,
    async [Symbol.asyncDispose]() {
      await stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}

function configuration(at: (name: string) => string): string {
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile ${at('pid')}
modulepath /usr/lib/ldap
moduleload back_mdb
allow bind_anon_cred
TLSCACertificateFile ${at('ca.pem')}
TLSCertificateFile ${at('cert.pem')}
TLSCertificateKeyFile ${at('key.pem')}
database mdb
maxsize 16777216
suffix "${suffix}"
rootdn "${admin.dn}"
rootpw "${admin.password}"
directory ${at('data')}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${searcher.dn}" read by self read by anonymous auth by * none
`
}

async function fill(url: string): Promise<void> {
  const client = new Client({ url, timeout: 5_000 })
  await client.bind(admin.dn, admin.password)
  await client.add(suffix, { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' })
  await client.add(people, { objectClass: ['organizationalUnit'], ou: 'people' })
  await client.add(searcher.dn, {
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn: 'parley',
    userPassword: searcher.password,
  })
  for (const [uid, displayName] of [
    ['alice', 'Alice Example'],
    ['bob', ''],
  ] as const) {
    await client.add(`uid=${uid},${people}`, {
      objectClass: ['inetOrgPerson'],
      uid,
      cn: `${uid} in the directory`,
      sn: uid,
      mail: `${uid}.smith`,
      userPassword: passwordOf(uid),
      ...(displayName && { displayName }),
    })
  }
  for (const ou of ['one', 'two']) {
    await client.add(`ou=${ou},${people}`, { objectClass: ['organizationalUnit'], ou })
    const twin = {
      objectClass: ['inetOrgPerson'],
      uid: 'twin',
      cn: 'Twin',
      sn: 'twin',
      userPassword: passwordOf('twin'),
    }
    await client.add(`uid=twin,ou=${ou},${people}`, twin)
  }
  await client.unbind()
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ url, timeout: 1_000, connectTimeout: 1_000 })
  try {
    await client.bind(admin.dn, admin.password)
    return true
  } catch {
    return false
  } finally {
    await client.unbind().catch(() => {})
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('There is no free port.')
  return address.port
}
