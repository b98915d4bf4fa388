import { posix, win32 } from 'node:path';
import type { Command, Found } from './command.ts';
import { standing } from './version.ts';

/** What an interpreter says of itself. */
export interface Interpreter {
    readonly program: string;
    readonly version: readonly [number, number];
    /** `cp311` and the like: which compiled packages it can load. */
    readonly abi: string;
    /** The version of the package in it, undefined where it has none. */
    readonly cucurbit: string | undefined;
    /** Its virtual environment, undefined where it is none. */
    readonly environment: string | undefined;
}

/** A failure to start a program, in words that fit behind a colon. */
export interface Failure {
    readonly failure: string;
}

/** What the finder asks of the world. */
export interface World {
    /** Runs an interpreter, which says what it is. */
    interpreter(program: string, args: readonly string[]): Promise<Interpreter | Failure>;
    /** Runs `program --version` of a server; answers the version. */
    version(program: string): Promise<string | Failure>;
    /** The folders of the bundled copy for an interpreter, undefined where there is none that fits. */
    bundled(interpreter: Interpreter): string | undefined;
    /** The version of the bundled copy, undefined where the extension has none. */
    readonly bundledVersion: string | undefined;
    readonly windows: boolean;
}

/** What is asked for. */
export interface Wanted {
    /** `cucurbit.path`, empty where not set. */
    readonly path: string;
    /** What the Python extension has selected; undefined where there is no such extension, empty where it has none. */
    readonly selected: string | undefined;
    /** `cucurbit.interpreter`, empty where not set. */
    readonly interpreter: string;
    readonly trusted: boolean;
    /** The workspace's folders: where it is not trusted, no program in them is run. */
    readonly folders: readonly string[];
    readonly extensionVersion: string;
}

/** What a button does. */
export type Remedy = 'install' | 'choose-interpreter' | 'settings' | 'docs' | 'log' | 'trust';

/** What is missing: one sentence, and what to do about it. */
export interface Missing {
    readonly message: string;
    readonly remedies: readonly Remedy[];
    /** The interpreter to install into. */
    readonly interpreter?: string;
    /** What was tried, for the log. */
    readonly tried: readonly string[];
}

export type Result = { readonly found: Found } | { readonly missing: Missing };

const OLDEST: readonly [number, number] = [3, 10];

/** Finds the server: `cucurbit.path`, then the package in an interpreter, then the bundled copy. */
export async function find(wanted: Wanted, world: World): Promise<Result> {
    if (wanted.path) {
        return named(wanted, world);
    }
    const tried: string[] = [];
    const usable: Interpreter[] = [];
    let outdated: Found | undefined;
    for (const [program, ...args] of candidates(wanted, world)) {
        if (program === undefined) {
            continue;
        }
        if (!wanted.trusted && wanted.folders.some(folder => isInside(program, folder, world.windows))) {
            tried.push(`${program}: in a folder that is not trusted`);
            continue;
        }
        const answer = await world.interpreter(program, args);
        if ('failure' in answer) {
            tried.push(`${program}: ${answer.failure}`);
            continue;
        }
        if (isOlder(answer.version)) {
            tried.push(`${program}: Python ${answer.version.join('.')}, too old`);
            continue;
        }
        usable.push(answer);
        if (answer.cucurbit === undefined) {
            tried.push(`${program}: Python ${answer.version.join('.')}, without cucurbit`);
            continue;
        }
        const found = installed(answer, answer.cucurbit);
        if (standing(answer.cucurbit, wanted.extensionVersion) !== 'older' || world.bundledVersion === undefined) {
            return { found };
        }
        tried.push(`${program}: cucurbit ${answer.cucurbit}, older than the bundled copy`);
        outdated ??= found;
    }
    const copy = usable.map(each => bundledIn(each, world)).find(each => each !== undefined) ?? outdated;
    return copy === undefined ? { missing: nothing(usable, tried, wanted) } : { found: copy };
}

async function named(wanted: Wanted, world: World): Promise<Result> {
    // The setting is the user's, but with ${workspaceFolder} in it the program is the workspace's.
    if (!wanted.trusted && wanted.folders.some(folder => isInside(wanted.path, folder, world.windows))) {
        const message = `The setting cucurbit.path names ${wanted.path}, which is in a folder that is not trusted: it is not started.`;
        return { missing: { message, remedies: ['settings', 'log'], tried: [`${wanted.path}: not trusted`] } };
    }
    const answer = await world.version(wanted.path);
    if (typeof answer === 'string') {
        const shell = world.windows && /\.(cmd|bat)$/i.test(wanted.path);
        const command: Command = { program: wanted.path, args: ['serve'], env: {}, shell };
        return { found: { command, origin: 'cucurbit.path', version: answer, interpreter: '' } };
    }
    const message = `The setting cucurbit.path names ${wanted.path}, which does not start: ${answer.failure}.`;
    return { missing: { message, remedies: ['settings', 'log'], tried: [`${wanted.path}: ${answer.failure}`] } };
}

/** The interpreters to ask, in order, each a program with its arguments. */
function candidates(wanted: Wanted, world: World): string[][] {
    const common = world.windows ? [['py', '-3'], ['python'], ['python3']] : [['python3'], ['python']];
    const chosen = wanted.selected === undefined ? wanted.interpreter : wanted.selected || wanted.interpreter;
    return chosen ? [[chosen], ...common] : common;
}

function installed(interpreter: Interpreter, version: string): Found {
    const command = started(interpreter, ['-m', 'cucurbit', 'serve']);
    return { command, origin: `installed in ${interpreter.program}`, version, interpreter: interpreter.program };
}

function bundledIn(interpreter: Interpreter, world: World): Found | undefined {
    const script = world.bundled(interpreter);
    if (script === undefined) {
        return undefined;
    }
    const command = started(interpreter, [script, 'serve']);
    const origin = `bundled with the extension, run by ${interpreter.program}`;
    return { command, origin, version: world.bundledVersion ?? '', interpreter: interpreter.program };
}

function started(interpreter: Interpreter, args: readonly string[]): Command {
    // The server reads the packages of the environment that is selected, and is told of it as a shell would tell it.
    const env: Record<string, string> = { PYTHONUTF8: '1' };
    if (interpreter.environment !== undefined) {
        env.VIRTUAL_ENV = interpreter.environment;
    }
    return { program: interpreter.program, args, env, shell: false };
}

function nothing(usable: readonly Interpreter[], tried: readonly string[], wanted: Wanted): Missing {
    const first = usable[0];
    if (first !== undefined) {
        return {
            message: `Cucurbit is not installed in ${first.program}, the Python that it would run with.`,
            remedies: wanted.trusted ? ['install', 'choose-interpreter', 'docs'] : ['trust', 'settings', 'docs'],
            interpreter: first.program,
            tried,
        };
    }
    return {
        message: `Cucurbit needs Python ${OLDEST.join('.')} or newer, and found none.`,
        remedies: ['choose-interpreter', 'docs', 'log'],
        tried,
    };
}

function isOlder(version: readonly [number, number]): boolean {
    return version[0] < OLDEST[0] || (version[0] === OLDEST[0] && version[1] < OLDEST[1]);
}

/** Whether a program lies in a folder; both are absolute, or the program is a bare name, which lies in none. */
export function isInside(program: string, folder: string, windows: boolean): boolean {
    const normal = (path: string) => {
        const flat = windows ? win32.normalize(path) : posix.normalize(path);
        const slashes = windows ? flat.replaceAll('\\', '/').toLowerCase() : flat;
        return slashes.endsWith('/') ? slashes : `${slashes}/`;
    };
    return normal(program).startsWith(normal(folder));
}
