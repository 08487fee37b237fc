/** A small web image made here, `FROM scratch`: no registry can be assumed. Its page is the Pod's own name. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const WEB_IMAGE = 'skycrane/web:1'

const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
COPY hello /www/cgi-bin/hello
COPY start /start
ENV PATH=/bin
EXPOSE 8080
ENTRYPOINT ["/bin/busybox", "sh", "/start"]
`
const HELLO = `#!/bin/busybox sh
echo "Content-Type: text/plain"
echo
hostname
`
/**
 * Answers on / with the name of the Pod; SIGTERM ends it at once. The shell stays process 1, for the kernel drops signals
 * to a process 1 that has no handler, which httpd has not.
 */
const START = `/bin/busybox --install -s /bin
hostname > /www/index.html
httpd -f -p 8080 -h /www &
trap 'kill $!; exit 0' TERM
wait
`

export function buildWebImage(socket: string): void {
  const docker = ['-H', `unix://${socket}`]
  const folder = mkdtempSync(join(tmpdir(), 'skycrane-web-'))
  try {
    const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim()
    copyFileSync(realpathSync(busybox), join(folder, 'busybox'))
    writeFileSync(join(folder, 'hello'), HELLO, { mode: 0o755 })
    writeFileSync(join(folder, 'start'), START)
    writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE)
    execFileSync('docker', [...docker, 'build', '-q', '-t', WEB_IMAGE, folder], { stdio: ['ignore', 'ignore', 'pipe'] })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
