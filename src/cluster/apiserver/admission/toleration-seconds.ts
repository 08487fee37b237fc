/**
 * DefaultTolerationSeconds.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaulttolerationseconds
 */
import type { Pod } from '../../../kube/types.ts'

const DEFAULT_TOLERATION_SECONDS = 300

/** A Pod stays five minutes on a node that is not ready or unreachable, unless it says otherwise. */
export function defaultTolerationSeconds({ spec }: Pod): void {
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = spec.tolerations?.some(
      (toleration) =>
        (toleration.key === key || toleration.key === undefined || toleration.key === '') &&
        (toleration.effect === 'NoExecute' || toleration.effect === undefined),
    )
    if (tolerated) continue
    spec.tolerations = [
      ...(spec.tolerations ?? []),
      { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: DEFAULT_TOLERATION_SECONDS },
    ]
  }
}
