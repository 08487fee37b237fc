/**
 * Which Pod Security Standard a namespace wants, by its labels.
 * https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
import { type FieldError, type FieldPath, invalidValue } from '../field.ts'

export const LEVELS = ['privileged', 'baseline', 'restricted'] as const
export type Level = (typeof LEVELS)[number]
export type Mode = 'enforce' | 'audit' | 'warn'

export interface Policy {
  readonly level: Level
  /** `latest` or `v1.<minor>`, as the label has it. */
  readonly version: string
}

type Labels = Readonly<Record<string, string>> | undefined

const PREFIX = 'pod-security.kubernetes.io/'
const MODES: readonly Mode[] = ['enforce', 'audit', 'warn']
const VERSION = /^(latest|v1\.(0|[1-9]\d*))$/

const isLevel = (text: string): text is Level => (LEVELS as readonly string[]).includes(text)

/** What can't be read counts as the strictest, so that a slip of the pen opens nothing; without a label, anything goes. */
export function policyOf(labels: Labels, mode: Mode): Policy {
  const level = labels?.[PREFIX + mode]
  const version = labels?.[`${PREFIX}${mode}-version`] ?? 'latest'
  return {
    level: level === undefined ? 'privileged' : isLevel(level) ? level : 'restricted',
    version: VERSION.test(version) ? version : 'latest',
  }
}

/** `restricted:latest`. */
export const policyText = ({ level, version }: Policy): string => `${level}:${version}`

/** The minor version that a policy means; infinite for the latest. */
export const minorOf = ({ version }: Policy): number =>
  version === 'latest' ? Number.POSITIVE_INFINITY : Number(version.slice('v1.'.length))

export const isStricter = (next: Policy, previous: Policy): boolean =>
  LEVELS.indexOf(next.level) > LEVELS.indexOf(previous.level) ||
  (next.level === previous.level && next.level !== 'privileged' && minorOf(next) !== minorOf(previous))

export function policyErrors(labels: Labels, at: FieldPath): FieldError[] {
  return MODES.flatMap((mode) => {
    const level = labels?.[PREFIX + mode]
    const version = labels?.[`${PREFIX}${mode}-version`]
    return [
      ...(level === undefined || isLevel(level)
        ? []
        : [invalidValue(at.key(PREFIX + mode), level, `must be one of ${LEVELS.join(', ')}`)]),
      ...(version === undefined || VERSION.test(version)
        ? []
        : [invalidValue(at.key(`${PREFIX}${mode}-version`), version, 'must be "latest" or "v1.x"')]),
    ]
  })
}
