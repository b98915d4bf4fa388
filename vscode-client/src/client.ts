import * as vscode from 'vscode';
import * as node from 'vscode-languageclient/node';
import {
    CloseAction,
    type ConfigurationParams,
    type DocumentSelector,
    ErrorAction,
    type LanguageClientOptions,
    RevealOutputChannelOn,
    type ServerCapabilities,
    type ServerOptions,
    type StaticFeature,
} from 'vscode-languageclient/node';
import { configured } from './configured.ts';
import { SECTION } from './settings.ts';

/** What the server depends on besides Python files it watches itself, by asking for it. */
const DOCUMENTS: DocumentSelector = [{ scheme: 'file', language: 'python' }];

/** A client that writes to its log and leaves it to the extension what users are told, once and with a button. */
export class Client extends node.LanguageClient {
    /** The commands that the server runs. */
    readonly commands = new Set<string>();

    constructor(start: ServerOptions, log: vscode.LogOutputChannel, settings: readonly string[], ended: () => void) {
        super('cucurbit', 'Cucurbit', start, options(log, settings, ended));
        this.registerFeature(new Commands(this.commands));
    }

    override error(message: string, data?: unknown): void {
        super.error(message, data, false);
    }

    override warn(message: string, data?: unknown): void {
        super.warn(message, data, false);
    }

    override info(message: string, data?: unknown): void {
        super.info(message, data, false);
    }

    /** Runs one of the server's commands. */
    execute<T>(command: string, argument: object): Promise<T> {
        return this.sendRequest<T>('workspace/executeCommand', { command, arguments: [argument] });
    }
}

function options(log: vscode.LogOutputChannel, settings: readonly string[], ended: () => void): LanguageClientOptions {
    return {
        documentSelector: DOCUMENTS,
        outputChannel: log,
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        initializationOptions: () => ({
            trusted: vscode.workspace.isTrusted,
            settings: {},
            status: true,
            webview: true,
            confirmsOnce: true,
            commandLinks: true,
        }),
        // Whether to start again is decided in one place, by what ended.
        errorHandler: {
            error: () => ({ action: ErrorAction.Continue, handled: true }),
            closed: () => {
                ended();
                return { action: CloseAction.DoNotRestart, handled: true };
            },
        },
        initializationFailedHandler: () => false,
        middleware: { workspace: { configuration: configuration(settings) } },
        markdown: { isTrusted: { enabledCommands: ['cucurbit.showReach'] } },
    };
}

/** The server's settings, those that are set. */
function configuration(settings: readonly string[]): (params: ConfigurationParams) => Record<string, unknown>[] {
    return ({ items }) =>
        items.map(({ section = SECTION, scopeUri }) => {
            const scope = scopeUri === undefined ? null : vscode.Uri.parse(scopeUri);
            return configured(vscode.workspace.getConfiguration(section, scope), settings);
        });
}

/** Keeps the library from registering the server's commands: the extension's own stand whether a server runs or not. */
class Commands implements StaticFeature {
    private readonly found: Set<string>;

    constructor(found: Set<string>) {
        this.found = found;
    }

    fillClientCapabilities(): void {}

    preInitialize(capabilities: ServerCapabilities): void {
        for (const command of capabilities.executeCommandProvider?.commands ?? []) {
            this.found.add(command);
        }
        delete capabilities.executeCommandProvider;
    }

    initialize(): void {}

    getState(): { kind: 'static' } {
        return { kind: 'static' };
    }

    clear(): void {
        this.found.clear();
    }
}
