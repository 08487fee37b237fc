/** Whom the default bindings name. */
import { RBAC_GROUP, type Subject } from './rules.ts'

export const SCHEDULER = 'system:kube-scheduler'
export const CONTROLLER_MANAGER = 'system:kube-controller-manager'

/** What the roles of controllers' accounts are called by. */
export const CONTROLLER = 'system:controller:'

export const group = (name: string): Subject => ({ kind: 'Group', apiGroup: RBAC_GROUP, name })
export const user = (name: string): Subject => ({ kind: 'User', apiGroup: RBAC_GROUP, name })

/** An account in kube-system. */
export const inSystem = (name: string): Subject => ({ kind: 'ServiceAccount', namespace: 'kube-system', name })
