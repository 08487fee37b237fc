/** Prefers nodes with much left, and nodes whose CPU and memory are used alike, so that neither is left over alone. */
import { MAX_SCORE, type NodeScore, type Score } from '../score.ts'

/** A node with 4 CPUs and 8 GiB of which 1 CPU and 4 GiB would be taken: (75 + 50) / 2 = 62.5. */
export const leastAllocated: Score = {
  name: 'NodeResourcesFit',
  weight: 1,
  prepare:
    ({ scored }): NodeScore =>
    (node) => {
      const cpu = left(node.scored.cpu + scored.cpu, node.allocatable.cpu)
      const memory = left(node.scored.memory + scored.memory, node.allocatable.memory)
      return (MAX_SCORE * (cpu + memory)) / 2
    },
}

/** The same node: 25 % of CPU and 50 % of memory are 25 points apart, half of which is the deviation: 87.5. */
export const balancedAllocation: Score = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  prepare:
    ({ requests }): NodeScore =>
    (node) => {
      const cpu = left(node.used.cpu + requests.cpu, node.allocatable.cpu)
      const memory = left(node.used.memory + requests.memory, node.allocatable.memory)
      return MAX_SCORE * (1 - Math.abs(cpu - memory) / 2)
    },
}

/** The share left, 0 to 1. */
const left = (taken: number, has: number): number => (taken >= has ? 0 : (has - taken) / has)
