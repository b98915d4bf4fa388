import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Command } from './command.ts';
import { Frames } from './frames.ts';

/** Lines of the standard error that are kept for a message about the end. */
const KEPT = 12;
/** Milliseconds for a server to end by itself after it was told to. */
const GRACE = 3000;

/** A server's process. */
export class Running {
    readonly reader: Frames;
    readonly writer: NodeJS.WritableStream;
    /** What its standard error said last. */
    readonly last: string[] = [];
    /** How it ended, in words; undefined while it runs. */
    readonly ended: Promise<string>;
    private readonly process: ChildProcessWithoutNullStreams;
    private over = false;

    constructor(command: Command, cwd: string, log: (line: string) => void) {
        const env = { ...process.env, ...command.env };
        const child = spawn(command.program, [...command.args], { cwd, env, shell: command.shell, windowsHide: true });
        this.process = child;
        this.reader = new Frames(noise => log(`The server printed something that is not a message: ${noise}`));
        child.stdout.pipe(this.reader);
        this.writer = child.stdin;
        // A pipe that is closed on the other side shows as the connection's end.
        child.stdin.on('error', () => {});
        this.listen(log);
        this.ended = new Promise(resolve => {
            const end = (how: string) => {
                this.over = true;
                resolve(how);
            };
            child.once('error', error => end(error.message));
            child.once('close', (code, signal) => end(code === null ? `signal ${signal}` : `exit code ${code}`));
        });
    }

    get pid(): number | undefined {
        return this.process.pid;
    }

    private listen(log: (line: string) => void): void {
        let rest = '';
        this.process.stderr.setEncoding('utf8');
        this.process.stderr.on('data', (text: string) => {
            const lines = (rest + text).split(/\r?\n/);
            rest = lines.pop() ?? '';
            for (const line of lines.filter(each => each.trim())) {
                this.last.push(line);
                log(line);
            }
            this.last.splice(0, this.last.length - KEPT);
        });
        this.process.stderr.on('end', () => rest.trim() && this.last.push(rest));
    }

    /** Sees to it that the process ends: it was told to already, so it has a while. */
    async end(): Promise<void> {
        const kill = setTimeout(() => this.process.kill('SIGKILL'), this.over ? 0 : GRACE);
        this.process.stdin.end();
        await this.ended;
        clearTimeout(kill);
    }
}
