/** The groups of five of the digits that people compare, however they were written. */
export function digitGroups(digits: string): readonly string[] {
  return digits.replace(/\D/g, '').match(/\d{1,5}/g) ?? []
}

/** Digits as two people read them to each other: three groups a row. */
export function digitRows(digits: string): readonly string[] {
  const groups = digitGroups(digits)
  const rows: string[] = []
  for (let at = 0; at < groups.length; at += perRow) rows.push(groups.slice(at, at + perRow).join('  '))
  return rows
}

const perRow = 3
