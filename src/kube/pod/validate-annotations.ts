/** Rules of annotations that mean something of a Pod, and of templates alike (k8s.io/kubernetes: ValidatePodSpecificAnnotations). */
import { type FieldError, type FieldPath, forbiddenField, invalidValue } from '../field.ts'
import type { Pod } from '../types.ts'
import { localDescendingErrors } from './validate-volume-files.ts'

type Annotations = Readonly<Record<string, string>>

const MIRROR = 'kubernetes.io/config.mirror'
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod'
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/'
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'
const PROFILES = new Set(['runtime/default', 'docker/default', 'unconfined'])
const LOCALHOST = 'localhost/'
const MAX_COST = 2 ** 31 - 1

export function podAnnotationErrors(
  annotations: Annotations = {},
  spec: Partial<Pod['spec']>,
  at: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(annotations)) {
    const here = at.key(key)
    if (key === MIRROR && !spec.nodeName)
      errors.push(invalidValue(here, value, 'must set spec.nodeName if mirror pod annotation is set'))
    if (key === DELETION_COST && !isCost(value)) errors.push(invalidValue(here, value, 'must be a 32bit integer'))
    if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) errors.push(...seccompErrors(value, at.child(key)))
    if (key.startsWith(APP_ARMOR)) errors.push(...appArmorErrors(key.slice(APP_ARMOR.length), value, spec, here))
  }
  return errors
}

const isCost = (text: string): boolean =>
  /^(0|-?[1-9]\d*)$/.test(text) && Number(text) <= MAX_COST && Number(text) >= -MAX_COST - 1

function seccompErrors(profile: string, at: FieldPath): FieldError[] {
  if (PROFILES.has(profile)) return []
  if (profile.startsWith(LOCALHOST)) return localDescendingErrors(profile.slice(LOCALHOST.length), at)
  return [invalidValue(at, profile, 'must be a valid seccomp profile')]
}

function appArmorErrors(
  container: string,
  profile: string,
  { containers = [], initContainers = [], ephemeralContainers = [] }: Partial<Pod['spec']>,
  at: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  const isThere = [...initContainers, ...containers, ...ephemeralContainers].some(({ name }) => name === container)
  if (!isThere) errors.push(invalidValue(at, container, 'container not found'))
  if (profile !== '' && profile !== 'runtime/default' && profile !== 'unconfined' && !profile.startsWith(LOCALHOST))
    errors.push(invalidValue(at, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`))
  return errors
}

/** Under which profile a container runs, and whose mirror a Pod is, was said when it was made. */
export function podAnnotationUpdateErrors(
  next: Annotations = {},
  previous: Annotations = {},
  at: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  for (const key of new Set([...Object.keys(previous), ...Object.keys(next)])) {
    if (next[key] === previous[key]) continue
    const act = Object.hasOwn(previous, key) ? 'remove or update' : 'add'
    if (key.startsWith(APP_ARMOR)) errors.push(forbiddenField(at.key(key), `may not ${act} AppArmor annotations`))
    if (key === MIRROR) errors.push(forbiddenField(at.key(key), `may not ${act} mirror pod annotation`))
  }
  return errors
}

type Profiles = Pick<NonNullable<Pod['spec']['securityContext']>, 'seccompProfile' | 'appArmorProfile'>
type Profile = NonNullable<Profiles['seccompProfile'] | Profiles['appArmorProfile']>

/** As the annotations of before say each type of profile. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  Unconfined: ['unconfined'],
  RuntimeDefault: ['runtime/default'],
}

/** The annotation of before and the field of today may both be given, and must mean the same. */
export function profileMatchErrors(
  annotations: Annotations = {},
  { containers = [], initContainers = [], securityContext, os }: Partial<Pod['spec']>,
  at: FieldPath,
): FieldError[] {
  const here = at.child('securityContext').child('seccompProfile')
  const errors = matchErrors(annotations[SECCOMP_POD], securityContext?.seccompProfile, here, 'seccomp')
  for (const [part, list] of Object.entries({ initContainers, containers }))
    for (const [index, { name, securityContext: own }] of list.entries()) {
      const where = at.child(part).index(index).child('securityContext')
      const seccomp = annotations[`${SECCOMP_CONTAINER}${name}`]
      errors.push(...matchErrors(seccomp, own?.seccompProfile, where.child('seccompProfile'), 'seccomp'))
      if (os?.name === 'windows') continue
      const profile = own?.appArmorProfile ?? securityContext?.appArmorProfile
      errors.push(
        ...matchErrors(annotations[`${APP_ARMOR}${name}`], profile, where.child('appArmorProfile'), 'apparmor'),
      )
    }
  return errors
}

function matchErrors(
  annotation: string | undefined,
  profile: Profile | undefined,
  at: FieldPath,
  what: 'seccomp' | 'apparmor',
): FieldError[] {
  if (annotation === undefined || !profile) return []
  const { type = '', localhostProfile } = profile
  const said = SAID[type]
  const isDocker = what === 'seccomp' && type === 'RuntimeDefault' && annotation === 'docker/default'
  if (said)
    return said.includes(annotation) || isDocker
      ? []
      : [forbiddenField(at.child('type'), `${what} type in annotation and field must match`)]
  if (type !== 'Localhost') return []
  if (!annotation.startsWith(LOCALHOST))
    return [forbiddenField(at.child('type'), `${what} type in annotation and field must match`)]
  return annotation.slice(LOCALHOST.length) === localhostProfile
    ? []
    : [forbiddenField(at.child('localhostProfile'), `${what} profile in annotation and field must match`)]
}
