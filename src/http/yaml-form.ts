/**
 * Answers as YAML, for who asks for them: what was made as JSON is printed anew here at the edge, whatever it is.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 */
import { parseJson, rawOrBigInt } from '../kube/json.ts'
import { prefersPretty, pretty } from './pretty.ts'

const YAML = 'application/yaml'
/** JSON is YAML too: what is larger than this, or streamed, is left as it is, so that no answer fills the memory. */
const MAX_PRINTED_BYTES = 1024 * 1024

const typesOf = (accept: string | null): string[] =>
  (accept ?? '').split(',').map((part) => (part.split(';', 1)[0] ?? '').trim().toLowerCase())

const JSON_TYPES = new Set(['application/json', '*/*', 'application/*'])

/** Whether the first type that we can give is YAML. */
export function prefersYaml(accept: string | null): boolean {
  return typesOf(accept).find((type) => type === YAML || JSON_TYPES.has(type)) === YAML
}

/** The same wish, of JSON: what makes answers makes those. */
export const asJson = (accept: string): string => accept.replaceAll(/application\/yaml/gi, 'application/json')

export async function inAskedForm(request: Request, answer: Response): Promise<Response> {
  if (!isJson(answer) || answer.body === null) return answer
  if (!prefersYaml(request.headers.get('accept'))) return prefersPretty(request) ? prettyForm(answer) : answer
  const headers = new Headers(answer.headers)
  headers.set('content-type', YAML)
  if (!isPrintable(answer)) return new Response(answer.body, { status: answer.status, headers })
  const { stringify } = await import('yaml')
  const value = parseJson(await answer.text())
  headers.delete('content-length')
  // YAML 1.1 is what Go reads: a text such as `on` is quoted for it. Keys are in order, as Go prints them.
  const text = stringify(value, rawOrBigInt, {
    version: '1.1',
    sortMapEntries: true,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  })
  return new Response(text, { status: answer.status, headers })
}

/** What is larger than a person reads, or streamed, is left as it is. */
async function prettyForm(answer: Response): Promise<Response> {
  if (!isPrintable(answer)) return answer
  const headers = new Headers(answer.headers)
  headers.delete('content-length')
  return new Response(pretty(await answer.text()), { status: answer.status, headers })
}

/** The cluster's object says of small answers that they need no encoding; of others only a length tells that they end. */
const isPrintable = ({ headers }: Response): boolean =>
  headers.get('content-encoding') === 'identity' ||
  Number(headers.get('content-length') ?? Number.POSITIVE_INFINITY) <= MAX_PRINTED_BYTES

const isJson = (answer: Response): boolean =>
  answer.headers.get('content-type')?.startsWith('application/json') ?? false
