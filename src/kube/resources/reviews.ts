/**
 * Questions that are answered and not kept: who somebody is, and what they may do. A create is all there is to them.
 * https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/
 */
import { resource } from '../define.ts'
import type { Resource } from '../resource.ts'

const question = (group: 'authentication' | 'authorization', kind: string, scope: Resource['scope'] = 'cluster') =>
  resource({
    group: `${group}.k8s.io`,
    version: 'v1',
    kind,
    plural: `${kind.toLowerCase()}s`,
    scope,
    schema: `io.k8s.api.${group}.v1.${kind}`,
    columns: [],
    verbs: ['create'],
    isStorageVersion: false,
  })

export const tokenReviews = question('authentication', 'TokenReview')
export const selfSubjectReviews = question('authentication', 'SelfSubjectReview')
export const subjectAccessReviews = question('authorization', 'SubjectAccessReview')
export const localSubjectAccessReviews = question('authorization', 'LocalSubjectAccessReview', 'namespaced')
export const selfSubjectAccessReviews = question('authorization', 'SelfSubjectAccessReview')
export const selfSubjectRulesReviews = question('authorization', 'SelfSubjectRulesReview')

export const reviews: readonly Resource[] = [
  selfSubjectReviews,
  tokenReviews,
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
]

export const isReview = (resource: Resource): boolean => reviews.includes(resource)
