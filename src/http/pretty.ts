/**
 * JSON with a line for each value, for who reads it with their own eyes: `?pretty=true`, a browser, curl, wget. The text
 * is set anew as it is, so that no number changes.
 */

/** kube-apiserver's, by how they begin. */
const READERS = ['curl', 'Wget', 'Mozilla/5.0']
const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])

/** The query has the last word, then what the client accepts, then who it is. */
export function prefersPretty(request: Request): boolean {
  const asked = request.url.includes('pretty=') ? new URL(request.url).searchParams.get('pretty') : null
  if (asked) return TRUE.has(asked)
  if (/;\s*pretty=1\b/.test(request.headers.get('accept') ?? '')) return true
  const agent = request.headers.get('user-agent') ?? ''
  return READERS.some((reader) => agent.startsWith(reader))
}

/** Deep nesting makes long lines of blanks: what would become longer than this stays as it is. */
const MAX_CHARACTERS = 8 * 1024 * 1024

const OPEN = new Set(['{', '['])
const CLOSE = new Set(['}', ']'])

/** Of valid JSON without blanks between its values, as we make it. */
export function pretty(json: string): string {
  const parts: string[] = []
  let length = 0
  let depth = 0
  let begin = 0
  const add = (text: string) => {
    parts.push(text)
    length += text.length
  }
  const line = () => add(`\n${'  '.repeat(depth)}`)
  for (let at = 0; at < json.length && length < MAX_CHARACTERS; at++) {
    const sign = json[at] ?? ''
    if (sign === '"') {
      at = endOfText(json, at)
      continue
    }
    if (!OPEN.has(sign) && !CLOSE.has(sign) && sign !== ',' && sign !== ':') continue
    add(json.slice(begin, at))
    begin = at + 1
    if (sign === ':') add(': ')
    else if (sign === ',') {
      add(sign)
      line()
    } else if (CLOSE.has(sign)) {
      depth -= 1
      line()
      add(sign)
    } else if (CLOSE.has(json[at + 1] ?? '')) {
      add(json.slice(at, at + 2))
      at += 1
      begin = at + 1
    } else {
      add(sign)
      depth += 1
      line()
    }
  }
  return length < MAX_CHARACTERS ? parts.join('') + json.slice(begin) : json
}

/** The index of the quotation mark that ends a text. */
function endOfText(json: string, begin: number): number {
  let at = begin + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at
}
