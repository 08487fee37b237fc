/** Having a container's image, by its pull policy and with the kubelet's reasons and events (images/image_manager.go). */
import type { Pod } from '../../../src/kube/types.ts'
import { goDuration } from '../backoff.ts'
import { messageOf } from '../log.ts'
import { withTag } from '../runtime/docker-config.ts'
import { isImageReference } from '../runtime/image-reference.ts'
import type { ImageFacts } from '../runtime/runtime.ts'
import type { Container } from './containers.ts'
import { podEvent } from './events.ts'
import { authsFor } from './pull-secrets.ts'
import { StartError } from './start-error.ts'
import type { World } from './world.ts'

/** Why the last pull failed, by backoff key: repeated in the message of ImagePullBackOff. */
export type PullFailures = Map<string, string>

export interface ImageContext {
  readonly world: World
  readonly failures: PullFailures
  readonly signal: AbortSignal
}

export async function ensureImage(pod: Pod, container: Container, context: ImageContext): Promise<ImageFacts> {
  const { world } = context
  const image = container.image ?? ''
  if (!isImageReference(image)) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`
    world.event(podEvent(pod, { type: 'Warning', reason: 'InspectFailed', message }, container))
    throw new StartError({ reason: 'InvalidImageName', message, event: 'InvalidImageName' })
  }
  const policy = container.imagePullPolicy ?? (withTag(image).endsWith(':latest') ? 'Always' : 'IfNotPresent')
  const present = await world.runtime.image(image)
  if (present && policy !== 'Always') {
    const message = `Container image "${image}" already present on machine`
    world.event(podEvent(pod, { type: 'Normal', reason: 'Pulled', message }, container))
    return present
  }
  if (policy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`
    world.event(podEvent(pod, { type: 'Warning', reason: 'ErrImageNeverPull', message }, container))
    throw new StartError({ reason: 'ErrImageNeverPull', message, event: 'ErrImageNeverPull' })
  }
  return pull(pod, container, context)
}

async function pull(pod: Pod, container: Container, { world, failures, signal }: ImageContext): Promise<ImageFacts> {
  const image = container.image ?? ''
  const key = `${pod.metadata.uid}_${image}`
  const remainingMs = world.pulls.remainingSinceAttempt(key, world.now())
  if (remainingMs > 0) {
    const message = `Back-off pulling image "${image}"`
    world.event(podEvent(pod, { type: 'Normal', reason: 'BackOff', message }, container))
    const cause = failures.get(key)
    const full = cause ? `${message}: ErrImagePull: ${cause}` : message
    throw new StartError({
      reason: 'ImagePullBackOff',
      message: full,
      event: 'ImagePullBackOff',
      retryInMs: remainingMs,
    })
  }
  world.event(podEvent(pod, { type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` }, container))
  const began = world.now()
  try {
    await world.runtime.pull(image, authsFor(image, pullSecrets(pod, world)), signal)
  } catch (error) {
    const cause = messageOf(error)
    failures.set(key, cause)
    world.pulls.next(key, { eventAt: world.now(), now: world.now() })
    const message = `Failed to pull image "${image}": ${cause}`
    world.event(podEvent(pod, { type: 'Warning', reason: 'Failed', message }, container))
    // The next look finds the back-off, and says so, as the kubelet's does.
    throw new StartError({
      reason: 'ErrImagePull',
      message: cause,
      event: 'ErrImagePull',
      retryInMs: SAY_BACKOFF_AFTER_MS,
    })
  }
  failures.delete(key)
  const facts = await world.runtime.image(image)
  if (!facts)
    throw new StartError({
      reason: 'ErrImagePull',
      message: `image "${image}" is not there after its pull`,
      event: 'ErrImagePull',
    })
  const took = goDuration(world.now() - began)
  const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${facts.sizeBytes} bytes.`
  world.event(podEvent(pod, { type: 'Normal', reason: 'Pulled', message }, container))
  return facts
}

const SAY_BACKOFF_AFTER_MS = 1000

function pullSecrets(pod: Pod, { sources }: World) {
  return (pod.spec.imagePullSecrets ?? []).flatMap(({ name = '' }) => {
    const secret = sources.secret(pod.metadata.namespace ?? '', name)
    return secret ? [secret] : []
  })
}
