/** Objects, index and log agree: each can be made of the log alone. */
import type { KubeObject } from '../../../src/kube/object.ts'
import { keyText } from '../../../src/kube/object.ts'
import { builtIn } from '../../../src/kube/registry.ts'
import type { Pod } from '../../../src/kube/types.ts'
import { integer, text } from '../../../src/store/sql.ts'
import type { Cluster } from '../cluster.ts'
import { promise } from '../violation.ts'
import type { Checker } from './checker.ts'

export function tables(): Checker {
  const look = (cluster: Cluster): void => {
    objectsAreOfTheLog(cluster)
    entriesAreOfTheObjects(cluster)
  }
  return { look, rest: look }
}

function objectsAreOfTheLog({ history, object }: Cluster): void {
  const stored = new Map(
    object.database.sql
      .rows('SELECT resource, namespace, name, rv, logged FROM objects')
      .map(([resource, namespace, name, rv, logged]) => [
        `${text(resource)} ${keyText({ namespace: text(namespace), name: text(name) })}`,
        { rv: integer(rv), logged: integer(logged) },
      ]),
  )
  const wanted = everything(history).map(([type, key, { metadata }]) => [`${type} ${key}`, metadata] as const)
  promise(
    'there is an object for each that the log tells of',
    stored.size === wanted.length,
    () => `${stored.size} of ${wanted.length}`,
  )
  for (const [id, { resourceVersion }] of wanted) {
    const row = stored.get(id)
    const told = () => `${id}: ${JSON.stringify(row)}, in the log ${resourceVersion}`
    promise('an object names its newest version', String(row?.logged) === resourceVersion, told)
    // A Lease that is renewed in place is ahead of its log.
    promise('an object is as new as its log', (row?.rv ?? 0) >= (row?.logged ?? 1), told)
  }
}

function entriesAreOfTheObjects({ history, object }: Cluster): void {
  const stored = object.database.sql
    .rows('SELECT key, value, resource, namespace, name FROM entries')
    .map((row) => row.join(' '))
    .sort()
  const wanted = everything(history)
    .filter(([type]) => builtIn.byName(type)?.indexed)
    .flatMap(([type, , found]) => entriesOf(type, found))
    .sort()
  const odd = () =>
    [
      ...stored.filter((entry) => !wanted.includes(entry)),
      '; missing:',
      ...wanted.filter((entry) => !stored.includes(entry)),
    ].join(' | ')
  promise('the index says what the objects say', stored.join('\n') === wanted.join('\n'), odd)
}

function entriesOf(type: string, { metadata, ...rest }: KubeObject): string[] {
  const at = `${type} ${metadata.namespace ?? ''} ${metadata.name}`
  const node = type === 'pods' ? (rest as Pod).spec.nodeName : undefined
  return [
    ...Object.entries(metadata.labels ?? {}).map(([label, value]) => `l:${label} ${value} ${at}`),
    ...new Set((metadata.ownerReferences ?? []).map(({ uid }) => `o ${uid} ${at}`)),
    ...(node ? [`f:spec.nodeName ${node} ${at}`] : []),
  ]
}

const everything = ({ types }: Cluster['history']): [string, string, KubeObject][] =>
  types().flatMap(([type, all]) => [...all].map(([key, found]): [string, string, KubeObject] => [type, key, found]))
