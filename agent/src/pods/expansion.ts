/** `$(NAME)` references in commands and environment, as Kubernetes expands them (third_party/forked/golang/expansion). */

/** `$$` is a literal `$`; a reference to an unknown name stays as it is written. `$(A)$$(B)` with A=1 is `1$(B)`. */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  let result = ''
  let at = 0
  while (at < text.length) {
    const dollar = text.indexOf('$', at)
    if (dollar === -1 || dollar === text.length - 1) break
    result += text.slice(at, dollar)
    const { read, length } = reference(text.slice(dollar + 1), lookUp)
    result += read
    at = dollar + 1 + length
  }
  return result + text.slice(at)
}

function reference(rest: string, lookUp: (name: string) => string | undefined): { read: string; length: number } {
  if (rest[0] === '$') return { read: '$', length: 1 }
  if (rest[0] !== '(') return { read: `$${rest[0]}`, length: 1 }
  const close = rest.indexOf(')')
  if (close === -1) return { read: '$(', length: 1 }
  const name = rest.slice(1, close)
  return { read: lookUp(name) ?? `$(${name})`, length: close + 1 }
}
