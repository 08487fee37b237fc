/**
 * What a node's agent may do: what every node may, and of Secrets, ConfigMaps, claims and the like only what its own
 * Pods mention.
 * https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
import type { KubeObject } from '../../kube/object.ts'
import { mentionedBy } from '../../kube/pod/mentions.ts'
import { NODE_RULES } from '../../kube/rbac/node-rules.ts'
import { type Action, isPathAction, type ResourceAction, ruleAllows } from '../../kube/rbac/rules.ts'
import { builtIn } from '../../kube/registry.ts'
import { persistentVolumeClaims } from '../../kube/resources/core/persistent-volume-claim.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import type { Pod } from '../../kube/types.ts'
import type { Store } from '../../store/store.ts'
import type { Decision } from './authorizer.ts'

const ALLOWED: Decision = { allowed: true, reason: '' }
const SILENT: Decision = { allowed: false, reason: '' }
const no = (reason: string): Decision => ({ allowed: false, reason })

export const NODE_LEASES = 'kube-node-lease'
const READS = new Set(['get', 'list', 'watch'])
const STATUS_WRITES = new Set(['patch', 'update'])
const OWN_VERBS = new Set(['create', 'delete', 'get', 'patch', 'update'])

interface Question {
  readonly store: Store
  readonly node: string
  readonly action: ResourceAction
}

/** The kinds of which a node sees some objects only. */
const RULES: Readonly<Record<string, (question: Question) => Decision>> = {
  secrets: (question) => readsMentioned(question, 'secrets'),
  configmaps: (question) => readsMentioned(question, 'configMaps'),
  persistentvolumeclaims: (question) => {
    const { verb, subresource } = question.action
    const isRight =
      subresource === 'status' ? verb === 'get' || STATUS_WRITES.has(verb) : !subresource && verb === 'get'
    if (!isRight)
      return no(subresource ? 'can only update status of this type' : 'can only get individual resources of this type')
    return related(question, claimsOf(question).has(keyOf(question.action)))
  },
  persistentvolumes: (question) => {
    if (question.action.verb !== 'get' || question.action.subresource)
      return no('can only get individual resources of this type')
    return related(question, isVolumeOfOwnPod(question))
  },
  'volumeattachments.storage.k8s.io': (question) => {
    if (question.action.verb !== 'get' || question.action.subresource)
      return no('can only get individual resources of this type')
    return related(question, isOwnAttachment(question))
  },
  serviceaccounts: (question) => {
    if (question.action.verb !== 'create' || question.action.subresource !== 'token')
      return no('can only create tokens for individual service accounts')
    return related(question, accountsOf(question).has(keyOf(question.action)))
  },
  'leases.coordination.k8s.io': ({ node, action: { verb, namespace, name, subresource } }) => {
    if (!OWN_VERBS.has(verb) || subresource) return no('can only get, create, update, patch, or delete a node lease')
    if (namespace !== NODE_LEASES) return no(`can only access leases in the "${NODE_LEASES}" system namespace`)
    // A create's name is in its body: admission sees to that.
    return verb === 'create' || name === node
      ? ALLOWED
      : no('can only access node lease with the same name as the requesting node')
  },
  'csinodes.storage.k8s.io': ({ node, action: { verb, name, subresource } }) => {
    if (!OWN_VERBS.has(verb) || subresource) return no('can only get, create, update, patch, or delete a CSINode')
    return verb === 'create' || name === node
      ? ALLOWED
      : no('can only access CSINode with the same name as the requesting node')
  },
  nodes: ({ node, action: { verb, name, subresource } }) => {
    if (READS.has(verb) && !subresource)
      return name === node ? ALLOWED : no(`node '${node}' cannot read '${name}', only its own Node object`)
    if (verb === 'create' || STATUS_WRITES.has(verb)) return !subresource || subresource === 'status' ? ALLOWED : SILENT
    return SILENT
  },
  pods: judgePod,
}

function judgePod(question: Question): Decision {
  const { node, action } = question
  const { verb, subresource, fields = [] } = action
  switch (`${verb} ${subresource ?? ''}`) {
    case 'create ':
    case 'delete ':
    case 'create eviction':
    case 'patch status':
    case 'update status':
      return ALLOWED
    case 'get ': {
      const pod = question.store.get(pods, { namespace: action.namespace, name: action.name })
      return related(question, pod?.spec.nodeName === node)
    }
    case 'list ':
    case 'watch ': {
      const isOwn = fields.some(({ field, op, value }) => field === 'spec.nodeName' && op === '=' && value === node)
      return isOwn ? ALLOWED : no('can only list/watch pods with spec.nodeName field selector')
    }
    default:
      return SILENT
  }
}

export function decideForNode(store: Store, node: string, action: Action): Decision {
  if (!isPathAction(action)) {
    const rule = RULES[action.group === '' ? action.resource : `${action.resource}.${action.group}`]
    if (rule) return rule({ store, node, action })
  }
  return NODE_RULES.some((rule) => ruleAllows(rule, action)) ? ALLOWED : SILENT
}

const keyOf = ({ namespace, name }: ResourceAction): string => `${namespace}/${name}`

function readsMentioned(question: Question, kind: 'secrets' | 'configMaps'): Decision {
  const { action } = question
  if (!READS.has(action.verb)) return no('can only read resources of this type')
  if (action.subresource) return no('cannot read subresource')
  if (action.namespace === '') return no('can only read namespaced object of this type')
  return related(question, mentionedBy(podsOf(question))[kind].has(keyOf(action)))
}

function related({ node, action }: Question, isRelated: boolean): Decision {
  if (action.name === '') return no('No Object name found')
  return isRelated ? ALLOWED : no(`no relationship found between node '${node}' and this object`)
}

/** The Pods of the node in the namespace that is asked of; in all where it is asked of none. */
const podsOf = ({ store, node, action: { namespace } }: Question): Pod[] =>
  store.list(pods, {
    namespace: namespace === '' ? undefined : namespace,
    fields: [{ field: 'spec.nodeName', op: '=', value: node }],
  })

const claimsOf = (question: Question): Set<string> =>
  new Set(
    podsOf(question).flatMap(({ metadata, spec }) =>
      (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
        const claim = persistentVolumeClaim?.claimName ?? (ephemeral && `${metadata.name}-${name}`)
        return claim === undefined ? [] : [`${metadata.namespace}/${claim}`]
      }),
    ),
  )

const accountsOf = (question: Question): Set<string> =>
  new Set(podsOf(question).map(({ metadata, spec }) => `${metadata.namespace}/${spec.serviceAccountName}`))

const isVolumeOfOwnPod = (question: Question): boolean =>
  [...claimsOf(question)].some((claim) => {
    const [namespace = '', name = ''] = claim.split('/')
    return question.store.get(persistentVolumeClaims, { namespace, name })?.spec.volumeName === question.action.name
  })

function isOwnAttachment({ store, node, action: { name } }: Question): boolean {
  const resource = builtIn.byName('volumeattachments.storage.k8s.io')
  const object = resource && store.get(resource, { namespace: '', name })
  return (object as (KubeObject & { spec?: { nodeName?: string } }) | undefined)?.spec?.nodeName === node
}
