/**
 * Keys that stand twice in one JSON object: JSON.parse keeps the last and says nothing, while strict field validation
 * must name them (KEP-2885). Expects text that JSON.parse has taken.
 */

const QUOTE = 34
const BACKSLASH = 92
const OPEN_LIST = 91
const CLOSE_LIST = 93
const OPEN_RECORD = 123
const CLOSE_RECORD = 125
const COMMA = 44
const COLON = 58

interface Level {
  readonly path: string
  /** Undefined in a list. */
  readonly seen: Set<string> | undefined
  /** The key at hand, or the item's place. */
  key: string
  index: number
}

/** Paths as `spec.containers[0].name`, each once, in order. One pass; deeper than `JSON.parse` goes it can't be asked. */
export function duplicateFields(text: string): string[] {
  const duplicates = new Set<string>()
  const levels: Level[] = []
  let isKey = false
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfText(text, at)
        const level = levels.at(-1)
        if (isKey && level?.seen) {
          const key = textOf(text, at, end)
          level.key = key
          if (level.seen.has(key)) duplicates.add(childPath(level))
          level.seen.add(key)
        }
        at = end
        break
      }
      case OPEN_RECORD:
        levels.push({ path: pathIn(levels.at(-1)), seen: new Set(), key: '', index: 0 })
        isKey = true
        break
      case OPEN_LIST:
        levels.push({ path: pathIn(levels.at(-1)), seen: undefined, key: '', index: 0 })
        isKey = false
        break
      case CLOSE_RECORD:
      case CLOSE_LIST:
        levels.pop()
        isKey = false
        break
      case COMMA: {
        const level = levels.at(-1)
        isKey = level?.seen !== undefined
        if (level) level.index += 1
        break
      }
      case COLON:
        isKey = false
        break
      default:
    }
  }
  return [...duplicates]
}

const childPath = ({ path, key }: Level): string => (path === '' ? key : `${path}.${key}`)

function pathIn(level: Level | undefined): string {
  if (!level) return ''
  return level.seen ? childPath(level) : `${level.path}[${level.index}]`
}

function endOfText(text: string, begin: number): number {
  let end = begin + 1
  while (text.charCodeAt(end) !== QUOTE && end < text.length) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1
  return end
}

/** Keys may be written in more than one way: `"a"` is `"\u0061"`. */
function textOf(text: string, begin: number, end: number): string {
  const raw = text.slice(begin + 1, end)
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
}
