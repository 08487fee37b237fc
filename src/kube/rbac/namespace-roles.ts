/**
 * The default roles and bindings of kube-system and kube-public: who reads what extension API servers verify clients with,
 * who elects leaders, and what the bootstrapping of nodes needs.
 */

import type { DefaultBinding, DefaultRole } from './default-roles.ts'
import { EVENTS, READ, rule } from './default-rules.ts'
import { CONTROLLER, CONTROLLER_MANAGER, inSystem, SCHEDULER, user } from './default-subjects.ts'

export const EXTENSION_AUTHENTICATION = 'extension-apiserver-authentication'

const SYSTEM = 'kube-system'
const PUBLIC = 'kube-public'
const SIGNER = `${CONTROLLER}bootstrap-signer`
const CLOUD = `${CONTROLLER}cloud-provider`
const CLEANER = `${CONTROLLER}token-cleaner`
const MANAGER_LOCK = 'system::leader-locking-kube-controller-manager'
const SCHEDULER_LOCK = 'system::leader-locking-kube-scheduler'

const locking = (name: string) => [
  rule('', ['watch'], ['configmaps']),
  rule('', ['get', 'update'], ['configmaps'], [name]),
]

export const ROLES: readonly DefaultRole[] = [
  {
    namespace: SYSTEM,
    name: `${EXTENSION_AUTHENTICATION}-reader`,
    rules: [rule('', READ, ['configmaps'], [EXTENSION_AUTHENTICATION])],
  },
  { namespace: SYSTEM, name: SIGNER, rules: [rule('', READ, ['secrets'])] },
  { namespace: SYSTEM, name: CLOUD, rules: [rule('', ['create', ...READ], ['configmaps'])] },
  { namespace: SYSTEM, name: CLEANER, rules: [rule('', ['delete', ...READ], ['secrets']), EVENTS] },
  { namespace: SYSTEM, name: MANAGER_LOCK, rules: locking('kube-controller-manager') },
  { namespace: SYSTEM, name: SCHEDULER_LOCK, rules: locking('kube-scheduler') },
  {
    namespace: PUBLIC,
    name: SIGNER,
    rules: [rule('', READ, ['configmaps']), rule('', ['update'], ['configmaps'], ['cluster-info']), EVENTS],
  },
]

export const ROLE_BINDINGS: readonly DefaultBinding[] = [
  {
    namespace: SYSTEM,
    name: `system::${EXTENSION_AUTHENTICATION}-reader`,
    role: `${EXTENSION_AUTHENTICATION}-reader`,
    subjects: [user(CONTROLLER_MANAGER), user(SCHEDULER)],
  },
  { namespace: SYSTEM, name: SIGNER, subjects: [inSystem('bootstrap-signer')] },
  { namespace: SYSTEM, name: CLOUD, subjects: [inSystem('cloud-provider')] },
  { namespace: SYSTEM, name: CLEANER, subjects: [inSystem('token-cleaner')] },
  {
    namespace: SYSTEM,
    name: MANAGER_LOCK,
    subjects: [user(CONTROLLER_MANAGER), inSystem('kube-controller-manager')],
  },
  { namespace: SYSTEM, name: SCHEDULER_LOCK, subjects: [user(SCHEDULER), inSystem('kube-scheduler')] },
  { namespace: PUBLIC, name: SIGNER, subjects: [inSystem('bootstrap-signer')] },
]
