import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Failure, Interpreter, World } from './find.ts';

const PATIENCE = 30_000;
const MARK = 'cucurbit-probe:';

/** Says what the interpreter is, behind a mark: whatever else is printed does not matter. */
const PROBE = `
import json, sys
try:
    from cucurbit import __version__ as found
except Exception:
    found = None
is_environment = sys.prefix != sys.base_prefix
print("${MARK}" + json.dumps({
    "program": sys.executable,
    "version": list(sys.version_info[:2]),
    "abi": "cp%d%d" % sys.version_info[:2] if sys.implementation.name == "cpython" else sys.implementation.name,
    "cucurbit": found,
    "environment": sys.prefix if is_environment else None,
}))
`;

/** The programs of this machine. `home` is a folder of the extension's own: an interpreter imports from where it starts. */
export function machine(home: string, windows: boolean, log: (line: string) => void): World {
    const bundle = path.join(home, 'bundled');
    const bundledVersion = readBundledVersion(bundle);
    return {
        windows,
        bundledVersion,
        bundled: interpreter => {
            const fits = bundledVersion !== undefined && existsSync(path.join(bundle, 'libs', interpreter.abi));
            return fits ? path.join(bundle, 'cucurbit_server.py') : undefined;
        },
        interpreter: async (program, args) => {
            const answer = await run(program, [...args, '-c', PROBE], home, false);
            if ('failure' in answer) {
                return answer;
            }
            const found = parseInterpreter(answer.output);
            log(found === undefined ? `${program} answered ${JSON.stringify(answer.output)}` : `asked ${program}`);
            return found ?? { failure: 'it is no Python' };
        },
        version: async program => {
            const shell = windows && /\.(cmd|bat)$/i.test(program);
            const answer = await run(program, ['--version'], home, shell);
            if ('failure' in answer) {
                return answer;
            }
            const found = /\bcucurbit (\d\S*)/.exec(answer.output)?.[1];
            return found ?? { failure: 'it does not answer as Cucurbit does' };
        },
    };
}

function readBundledVersion(bundle: string): string | undefined {
    try {
        return readdirSync(path.join(bundle, 'libs')).length > 0
            ? readFileSync(path.join(bundle, 'VERSION'), 'utf8').trim()
            : undefined;
    } catch {
        return undefined;
    }
}

/** What an interpreter said of itself. */
export function parseInterpreter(output: string): Interpreter | undefined {
    const line = output.split(/\r?\n/).find(each => each.startsWith(MARK));
    try {
        const said: unknown = line === undefined ? undefined : JSON.parse(line.slice(MARK.length));
        if (typeof said !== 'object' || said === null) {
            return undefined;
        }
        const { program, version, abi, cucurbit, environment } = said as Record<string, unknown>;
        const [major, minor] = Array.isArray(version) ? (version as unknown[]) : [];
        if (typeof program !== 'string' || typeof major !== 'number' || typeof minor !== 'number') {
            return undefined;
        }
        return {
            program,
            version: [major, minor],
            abi: String(abi),
            cucurbit: typeof cucurbit === 'string' ? cucurbit : undefined,
            environment: typeof environment === 'string' ? environment : undefined,
        };
    } catch {
        return undefined;
    }
}

function run(
    program: string,
    args: readonly string[],
    cwd: string,
    shell: boolean,
): Promise<{ readonly output: string } | Failure> {
    return new Promise(resolve => {
        const options = { cwd, timeout: PATIENCE, windowsHide: true, shell, maxBuffer: 1 << 20 };
        try {
            execFile(program, [...args], options, (error, stdout, stderr) => {
                resolve(error === null ? { output: stdout } : { failure: reason(error, String(stderr)) });
            });
        } catch (error) {
            resolve({ failure: error instanceof Error ? error.message : String(error) });
        }
    });
}

/** Why a program did not do what it was asked for, in words that fit behind a colon. */
export function reason(error: Error & { code?: unknown; killed?: boolean; signal?: unknown }, stderr: string): string {
    if (error.code === 'ENOENT') {
        return 'there is no such program';
    }
    if (error.code === 'EACCES') {
        return 'it may not be executed';
    }
    if (error.killed) {
        return 'it gave no answer in time';
    }
    const last = stderr.trim().split(/\r?\n/).pop()?.trim() ?? '';
    const how =
        error.code === undefined || error.code === null ? `signal ${String(error.signal)}` : `${String(error.code)}`;
    return last ? `${last.replace(/\.$/, '')} (exit code ${how})` : `it ended with exit code ${how}`;
}
