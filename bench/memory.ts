/** Resident memory over the time of a load: the most that was seen, looked at ten times a second. */
import type { Resident, ServerProcess } from './process.ts'

const LOOK_MS = 100

export interface MemoryWatch {
  /** The most of each process since the last call. */
  peak(): Resident
  end(): void
}

export function watchMemory(server: ServerProcess): MemoryWatch {
  let peak = server.resident()
  const look = () => {
    const { workerd, holder } = server.resident()
    peak = { workerd: Math.max(peak.workerd, workerd), holder: Math.max(peak.holder, holder) }
  }
  const timer = setInterval(look, LOOK_MS)
  return {
    peak() {
      look()
      const seen = peak
      peak = server.resident()
      return seen
    },
    end: () => clearInterval(timer),
  }
}

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`

export const told = ({ workerd, holder }: Resident): string =>
  `${megabytes(workerd)} + ${megabytes(holder)} of the Node process that holds it`
