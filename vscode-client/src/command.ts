/** How a server is started. Two commands that are equal start the same server. */
export interface Command {
    readonly program: string;
    readonly args: readonly string[];
    /** What is laid over the environment of the editor. */
    readonly env: Readonly<Record<string, string>>;
    /** Whether `program` is a script for the shell (`.cmd`, `.bat`), which Windows starts in no other way. */
    readonly shell: boolean;
}

/** Where a server was found, in words for people. */
export interface Found {
    readonly command: Command;
    readonly origin: string;
    /** The version that it says it has, empty where it says none. */
    readonly version: string;
    /** The interpreter that runs it, empty where `cucurbit.path` names a program. */
    readonly interpreter: string;
}

export function sameCommand(one: Command, other: Command): boolean {
    return key(one) === key(other);
}

function key(command: Command): string {
    const env = Object.entries(command.env).sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([command.program, command.args, env, command.shell]);
}

/** The command as one would type it, for the log. */
export function shown(command: Command): string {
    return [command.program, ...command.args].map(each => (/[\s"]/.test(each) ? JSON.stringify(each) : each)).join(' ');
}
