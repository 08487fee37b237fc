/** On a request that the edge passes on, and on what the cluster's object answers: what both are known by. */
export const AUDIT_ID_HEADER = 'audit-id'
