/**
 * The pause program: process 1 of every sandbox. It waits for SIGTERM or SIGINT and then exits, and reaps the orphans
 * it inherits when a Pod shares its process namespace. It is a static ELF file of a few hundred bytes written out
 * here, because no registry and no compiler can be counted on where the agent runs.
 */
type Architecture = 'x64' | 'arm64'

/** ELF `e_machine` values (System V ABI): EM_X86_64 and EM_AARCH64. */
const MACHINE: Record<Architecture, number> = { x64: 62, arm64: 183 }

/**
 * Blocks {SIGINT, SIGTERM, SIGCHLD} (mask 0x14002: bits 1, 14 and 16), for a blocked signal reaches process 1 even
 * without a handler; then waits for them.
 */
const X64 = [
  '6802400100', //       push 0x14002            the mask, on the stack
  '6a0e58', //           eax = 14                rt_sigprocmask(
  '31ff', //             edi = 0                   SIG_BLOCK,
  '4889e6', //           rsi = rsp                 &mask,
  '31d2', //             edx = 0                   NULL,
  '6a08415a', //         r10 = 8                   8)
  '0f05', //             syscall
  '4889f3', //           rbx = rsi               keep &mask
  'b880000000', // wait: eax = 128               rt_sigtimedwait(
  '4889df', //           rdi = rbx                 &mask,
  '31f6', //             esi = 0                   NULL,
  '31d2', //             edx = 0                   NULL: no time limit,
  '6a08415a', //         r10 = 8                   8)
  '0f05', //             syscall
  '83f811', //           cmp eax, 17             SIGCHLD?
  '740d', //             je reap
  '85c078e5', //         js wait                 interrupted: again
  'b8e7000000', //       eax = 231               exit_group(
  '31ff', //             edi = 0                   0)
  '0f05', //             syscall
  'b83d000000', // reap: eax = 61                wait4(
  '83cfff', //           edi = -1                  any child,
  '31f6', //             esi = 0                   NULL,
  'ba01000000', //       edx = 1                   WNOHANG,
  '4531d2', //           r10d = 0                  NULL)
  '0f05', //             syscall
  '85c07fe8', //         jg reap                 one more?
  'ebc2', //             jmp wait
]

/** The same, instruction for instruction, in A64 (words as the manual prints them; stored little-endian). */
const ARM64 = [
  0xd2880049, //       x9 = 0x4002
  0xf2a00029, //       x9 |= 1 << 16
  0xf81f0fe9, //       push x9
  0x910003f3, //       x19 = sp
  0xd28010e8, //       x8 = 135                rt_sigprocmask(
  0xd2800000, //       x0 = 0                    SIG_BLOCK,
  0xaa1303e1, //       x1 = x19                  &mask,
  0xd2800002, //       x2 = 0                    NULL,
  0xd2800103, //       x3 = 8                    8)
  0xd4000001, //       svc 0
  0xd2801128, // wait: x8 = 137                rt_sigtimedwait(
  0xaa1303e0, //       x0 = x19                  &mask,
  0xd2800001, //       x1 = 0                    NULL,
  0xd2800002, //       x2 = 0                    NULL,
  0xd2800103, //       x3 = 8                    8)
  0xd4000001, //       svc 0
  0x7100441f, //       cmp w0, 17              SIGCHLD?
  0x540000a0, //       b.eq reap
  0x37ffff00, //       tbnz w0, 31, wait       negative: interrupted
  0xd2800bc8, //       x8 = 94                 exit_group(
  0xd2800000, //       x0 = 0                    0)
  0xd4000001, //       svc 0
  0xd2802088, // reap: x8 = 260                wait4(
  0x92800000, //       x0 = -1                   any child,
  0xd2800001, //       x1 = 0                    NULL,
  0xd2800022, //       x2 = 1                    WNOHANG,
  0xd2800003, //       x3 = 0                    NULL)
  0xd4000001, //       svc 0
  0x7100001f, //       cmp w0, 0
  0x54ffff2c, //       b.gt reap
  0x17ffffec, //       b wait
]

const HEADERS = 64 + 56
const LOAD_ADDRESS = 0x400000n

export function pauseProgram(architecture: Architecture): Buffer {
  const code = architecture === 'x64' ? Buffer.from(X64.join(''), 'hex') : words(ARM64)
  return Buffer.concat([headers(architecture, code.length), code])
}

export function isPauseArchitecture(name: string): name is Architecture {
  return name === 'x64' || name === 'arm64'
}

function words(instructions: readonly number[]): Buffer {
  const buffer = Buffer.alloc(instructions.length * 4)
  for (const [index, word] of instructions.entries()) buffer.writeUInt32LE(word, index * 4)
  return buffer
}

/** One ELF header and one program header: the whole file is one readable, executable segment. */
function headers(architecture: Architecture, codeLength: number): Buffer {
  const header = Buffer.alloc(HEADERS)
  header.write('7f454c46020101', 0, 'hex') // magic, 64-bit, little-endian, version 1
  header.writeUInt16LE(2, 16) // ET_EXEC
  header.writeUInt16LE(MACHINE[architecture], 18)
  header.writeUInt32LE(1, 20) // EV_CURRENT
  header.writeBigUInt64LE(LOAD_ADDRESS + BigInt(HEADERS), 24) // entry
  header.writeBigUInt64LE(64n, 32) // program headers' offset
  header.writeUInt16LE(64, 52) // size of this header
  header.writeUInt16LE(56, 54) // size of a program header
  header.writeUInt16LE(1, 56) // how many
  header.writeUInt32LE(1, 64) // PT_LOAD
  header.writeUInt32LE(5, 68) // readable, executable
  header.writeBigUInt64LE(LOAD_ADDRESS, 80) // virtual address
  header.writeBigUInt64LE(LOAD_ADDRESS, 88) // physical address
  header.writeBigUInt64LE(BigInt(HEADERS + codeLength), 96) // size in the file
  header.writeBigUInt64LE(BigInt(HEADERS + codeLength), 104) // size in memory
  header.writeBigUInt64LE(0x10000n, 112) // alignment: arm64 pages may be 64 KiB
  return header
}
