/** From Docker's inspect answers to what the Pod workers see. Pure; the states are read as dockershim read them. */
import type { ContainerInspectInfo, ImageInspectInfo } from 'dockerode'
import { LABEL, withTag } from './docker-config.ts'
import type { ContainerState, ObservedContainer, ObservedSandbox } from './runtime.ts'

/** What Docker says of a moment that has not come. */
const NEVER = '0001-01-01T00:00:00Z'

export function sandboxFrom(info: ContainerInspectInfo): ObservedSandbox {
  return {
    id: info.Id,
    attempt: attemptOf(info),
    createdAt: info.Created,
    isRunning: info.State.Running,
    pid: info.State.Pid,
  }
}

export function containerFrom(
  info: ContainerInspectInfo,
  { image, wasOutOfMemory }: { image: ImageInspectInfo | undefined; wasOutOfMemory: boolean },
): ObservedContainer {
  const labels = info.Config.Labels
  return {
    id: info.Id,
    sandboxId: labels[LABEL.sandboxId] ?? '',
    name: labels[LABEL.container] ?? '',
    attempt: attemptOf(info),
    hash: labels[LABEL.hash] ?? '',
    createdAt: info.Created,
    image: imageName(info.Config.Image, image),
    imageId: image?.RepoDigests?.[0] ? `docker-pullable://${image.RepoDigests[0]}` : `docker://${info.Image}`,
    state: stateFrom(info, wasOutOfMemory),
    stopSignal: stopSignalOf(info),
    ...(labels[LABEL.grace] ? { graceSeconds: Number(labels[LABEL.grace]) } : {}),
    terminationLog: labels[LABEL.terminationLog],
  }
}

/** 128 + SIGKILL: how a container ends that the kernel killed for its memory. */
const KILLED = 137

function stateFrom({ State: state, Created: created }: ContainerInspectInfo, wasOutOfMemory: boolean): ContainerState {
  if (state.Running) return { kind: 'running', startedAt: state.StartedAt }
  const hasRun = state.StartedAt !== NEVER && state.FinishedAt !== NEVER
  if (hasRun) {
    const isOom = state.OOMKilled || (wasOutOfMemory && state.ExitCode === KILLED)
    const reason = isOom ? 'OOMKilled' : state.ExitCode === 0 ? 'Completed' : 'Error'
    return {
      kind: 'exited',
      exitCode: state.ExitCode,
      reason,
      startedAt: state.StartedAt,
      finishedAt: state.FinishedAt,
    }
  }
  if (state.ExitCode === 0) return { kind: 'created' }
  return {
    kind: 'exited',
    exitCode: state.ExitCode,
    reason: 'ContainerCannotRun',
    message: state.Error,
    finishedAt: created,
  }
}

/** The name the user gave where the image still has it, as `kubectl get` shows it. */
function imageName(asked: string, image: ImageInspectInfo | undefined): string {
  const tags = image?.RepoTags ?? []
  return tags.find((tag) => tag === withTag(asked)) ?? tags[0] ?? asked
}

function attemptOf(info: ContainerInspectInfo): number {
  return Number(info.Config.Labels[LABEL.attempt] ?? 0)
}

function stopSignalOf(info: ContainerInspectInfo): string {
  const config: object = info.Config
  return 'StopSignal' in config && typeof config.StopSignal === 'string' ? config.StopSignal : 'SIGTERM'
}
