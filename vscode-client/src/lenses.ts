import * as vscode from 'vscode';
import type { Client } from './client.ts';
import type { Server } from './server.ts';

/** Milliseconds after which VS Code would have asked for lenses: it puts the question off for as long as 350. */
const WAIT = 1000;

/**
 * Sees to it that code lenses appear where the editor loses the focus at once. VS Code puts its question for them off, drops it
 * when the focus goes elsewhere, to the Problems panel for example, and asks only when it has come back: it is told again then
 * that there are lenses. Once for each occasion, so that an editor without lenses is left alone.
 */
export class Lenses implements vscode.Disposable {
    private readonly asked = new Set<string>();
    private readonly subscriptions: vscode.Disposable[];
    private readonly server: Server;
    private timer: NodeJS.Timeout | undefined;

    constructor(server: Server) {
        this.server = server;
        this.subscriptions = [
            server.onClient(client => this.watch(client)),
            server.onDidChange(state => {
                if (state.kind === 'running') {
                    this.listen();
                }
            }),
            vscode.window.onDidChangeVisibleTextEditors(() => this.later()),
        ];
    }

    dispose(): void {
        clearTimeout(this.timer);
        vscode.Disposable.from(...this.subscriptions).dispose();
    }

    private watch(client: Client): void {
        this.asked.clear();
        client.middleware.provideCodeLenses = (document, token, next) => {
            this.asked.add(document.uri.toString());
            return next(document, token);
        };
    }

    /** In place of what the library does for a refresh, and to the same effect. */
    private listen(): void {
        this.server.client?.onRequest('workspace/codeLens/refresh', () => {
            this.asked.clear();
            this.tell(visible());
            this.later();
            return null;
        });
        this.later();
    }

    private later(): void {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => {
            this.tell(visible().filter(each => !this.asked.has(each.uri.toString())));
        }, WAIT);
    }

    /** One provider serves all documents. */
    private tell(documents: readonly vscode.TextDocument[]): void {
        const feature = this.server.client?.getFeature('textDocument/codeLens');
        const providers = new Set(documents.map(each => feature?.getProvider(each)));
        for (const provider of providers) {
            provider?.onDidChangeCodeLensEmitter.fire();
        }
    }
}

function visible(): vscode.TextDocument[] {
    return vscode.window.visibleTextEditors.map(each => each.document);
}
