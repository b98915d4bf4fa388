import * as vscode from 'vscode';

const ID = 'ms-python.python';
const PATIENCE = 15_000;

/** The part of the Python extension's public API that is used here. */
interface PythonApi {
    readonly ready?: Promise<void>;
    readonly environments: {
        getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
        resolveEnvironment(path: {
            readonly path: string;
        }): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
        readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
    };
}

/** The interpreter that the Python extension has selected, as far as there is such an extension. */
export class PythonExtension {
    private api: PythonApi | undefined;
    private readonly log: (line: string) => void;
    private readonly subscriptions: vscode.Disposable[];
    private readonly changed: () => void;

    constructor(log: (line: string) => void, subscriptions: vscode.Disposable[], changed: () => void) {
        this.log = log;
        this.subscriptions = subscriptions;
        this.changed = changed;
    }

    /** The selected interpreter's path: empty where none is selected, undefined without the extension. */
    async selected(): Promise<string | undefined> {
        const api = await this.connect();
        if (api === undefined) {
            return undefined;
        }
        try {
            const active = api.environments.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri);
            const resolved = await inTime(api.environments.resolveEnvironment(active));
            return resolved?.executable.uri?.fsPath ?? '';
        } catch (error) {
            this.log(`the Python extension did not say which interpreter is selected: ${String(error)}`);
            return '';
        }
    }

    private async connect(): Promise<PythonApi | undefined> {
        const extension = vscode.extensions.getExtension<PythonApi>(ID);
        if (extension === undefined || this.api !== undefined) {
            return extension === undefined ? undefined : this.api;
        }
        try {
            const api = await inTime(extension.activate());
            await inTime(api.ready ?? Promise.resolve());
            this.subscriptions.push(api.environments.onDidChangeActiveEnvironmentPath(() => this.changed()));
            this.api = api;
        } catch (error) {
            this.log(`the Python extension cannot be asked: ${String(error)}`);
        }
        return this.api;
    }
}

function inTime<T>(work: Thenable<T>): Promise<T> {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('no answer in time')), PATIENCE);
        work.then(resolve, reject).then(() => clearTimeout(timer));
    });
}
