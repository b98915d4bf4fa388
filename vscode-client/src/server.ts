import * as vscode from 'vscode';
import { Client } from './client.ts';
import { type Found, sameCommand, shown } from './command.ts';
import { find, type Missing, type World } from './find.ts';
import type { PythonExtension } from './python.ts';
import { Crashes, Queue } from './queue.ts';
import { Running } from './running.ts';
import { expanded, text } from './settings.ts';
import { standing } from './version.ts';

/** What stands at the moment. */
export type State =
    | { readonly kind: 'starting' }
    | { readonly kind: 'running'; readonly found: Found; readonly version: string }
    | { readonly kind: 'missing'; readonly missing: Missing }
    | { readonly kind: 'failed'; readonly message: string };

interface Live {
    readonly found: Found;
    readonly client: Client;
    readonly process: () => Running | undefined;
    /** Set before it is told to end: its end is no crash. */
    ending: boolean;
}

/** Sees to it that the server that should run does run, and no other. */
export class Server implements vscode.Disposable {
    private live: Live | undefined;
    private again = false;
    private current: State = { kind: 'starting' };
    private disposed = false;
    private readonly crashes = new Crashes();
    private readonly queue = new Queue(() => this.reconcile());
    private readonly changes = new vscode.EventEmitter<State>();
    private readonly clients = new vscode.EventEmitter<Client>();
    readonly onDidChange = this.changes.event;
    /** Told of a client before it starts. */
    readonly onClient = this.clients.event;
    private readonly home: string;
    private readonly extensionVersion: string;
    private readonly settings: readonly string[];
    private readonly log: vscode.LogOutputChannel;
    private readonly world: World;
    private readonly python: PythonExtension;

    constructor(
        home: string,
        extensionVersion: string,
        settings: readonly string[],
        log: vscode.LogOutputChannel,
        world: World,
        python: PythonExtension,
    ) {
        this.home = home;
        this.extensionVersion = extensionVersion;
        this.settings = settings;
        this.log = log;
        this.world = world;
        this.python = python;
    }

    get state(): State {
        return this.current;
    }

    /** The client of the server that runs; undefined where none does. */
    get client(): Client | undefined {
        return this.current.kind === 'running' ? this.live?.client : undefined;
    }

    get pid(): number | undefined {
        return this.live?.process()?.pid;
    }

    /** Something that the choice of the server depends on may have changed. */
    update(): Promise<void> {
        return this.queue.run();
    }

    /** Starts the server anew, whether it runs or not. */
    restart(): Promise<void> {
        this.again = true;
        this.crashes.forget();
        return this.queue.run();
    }

    dispose(): Promise<void> {
        this.disposed = true;
        return this.queue.run();
    }

    private async reconcile(): Promise<void> {
        const again = this.again;
        this.again = false;
        if (this.disposed) {
            return this.stop();
        }
        const result = await find(await this.wanted(), this.world);
        if ('missing' in result) {
            await this.stop();
            for (const line of [result.missing.message, ...result.missing.tried]) {
                this.log.warn(line);
            }
            this.set({ kind: 'missing', missing: result.missing });
            return;
        }
        const running = this.current.kind === 'running' && this.live !== undefined ? this.live : undefined;
        if (running !== undefined && !again && sameCommand(running.found.command, result.found.command)) {
            return;
        }
        await this.stop();
        await this.start(result.found);
    }

    private async wanted() {
        return {
            path: expanded(text('path')),
            selected: await this.python.selected(),
            interpreter: expanded(text('interpreter')),
            trusted: vscode.workspace.isTrusted,
            folders: (vscode.workspace.workspaceFolders ?? []).map(each => each.uri.fsPath),
            extensionVersion: this.extensionVersion,
        };
    }

    private async start(found: Found): Promise<void> {
        this.set({ kind: 'starting' });
        this.log.info(`Starting cucurbit ${found.version} (${found.origin}): ${shown(found.command)}`);
        let process: Running | undefined;
        const open = async () => {
            process = new Running(found.command, this.home, line => this.log.info(line));
            return { reader: process.reader, writer: process.writer };
        };
        const client = new Client(open, this.log, this.settings, () => void this.ended(live));
        const live: Live = { found, client, process: () => process, ending: false };
        this.live = live;
        this.clients.fire(client);
        try {
            await client.start();
        } catch (error) {
            if (this.live === live) {
                live.ending = true;
                await this.failed(live, error);
            }
            return;
        }
        const version = client.initializeResult?.serverInfo?.version ?? found.version;
        this.log.info(`cucurbit ${version} runs, process ${process?.pid ?? '?'}`);
        this.set({ kind: 'running', found, version });
    }

    private async failed(live: Live, error: unknown): Promise<void> {
        const process = live.process();
        await process?.end();
        const said = process?.last.at(-1) ?? (error instanceof Error ? error.message : String(error));
        this.live = undefined;
        this.set({ kind: 'failed', message: `The Cucurbit server (${live.found.origin}) did not start: ${said}` });
    }

    /** The connection is gone. */
    private async ended(live: Live): Promise<void> {
        if (live.ending || this.live !== live || this.current.kind !== 'running') {
            return;
        }
        this.live = undefined;
        const process = live.process();
        await process?.end();
        const how = await process?.ended;
        this.log.error(`The server ended by itself (${how})`);
        if (this.crashes.another(Date.now())) {
            this.set({ kind: 'starting' });
            await this.update();
            return;
        }
        const said = process?.last.at(-1);
        const because = said ? ` and said last: ${said}` : '.';
        this.set({
            kind: 'failed',
            message: `The Cucurbit server crashed again and again (${how}); it is not started any more${because}`,
        });
    }

    private async stop(): Promise<void> {
        const live = this.live;
        if (live === undefined) {
            return;
        }
        live.ending = true;
        this.live = undefined;
        try {
            await live.client.dispose(5000);
        } catch (error) {
            this.log.info(`The server did not answer the shutdown request: ${String(error)}`);
        }
        await live.process()?.end();
    }

    /** How the version that runs stands to the extension's, as one sentence; undefined where they belong together. */
    mismatch(): string | undefined {
        if (this.current.kind !== 'running') {
            return undefined;
        }
        const { version, found } = this.current;
        const how = standing(version, this.extensionVersion);
        const names = `cucurbit ${version} (${found.origin})`;
        if (how === 'older') {
            return `${names} is older than this extension (${this.extensionVersion}): update it, as some commands will not work.`;
        }
        return how === 'newer'
            ? `${names} is newer than this extension (${this.extensionVersion}): update the extension.`
            : undefined;
    }

    private set(state: State): void {
        this.current = state;
        this.changes.fire(state);
    }
}
