import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Client } from './client.ts';
import { type Page, SCHEMA_PAGE, TIMELINE_PAGE } from './protocol.ts';
import type { Server } from './server.ts';
import type { Status } from './status.ts';
import { utf16 } from './words.ts';

/** Which page is asked for; the server chooses where nothing is said. */
export interface Asked {
    readonly root?: string;
    readonly entry?: string;
    readonly uri?: string;
    /** The place whose row a timeline selects, its line from 1, and the table that a schema selects. */
    readonly focus?: { readonly uri: string; readonly line: number };
    readonly table?: string;
}

const NONCE = '__CSP_NONCE__';
/** Milliseconds after an analysis before the page is drawn anew: one types on. */
const PAUSE = 800;

/** A kind of page that the server makes: the command that asks for it, and the panel that shows it. */
interface Kind {
    readonly command: string;
    readonly view: string;
    readonly title: string;
}

export const TIMELINE: Kind = { command: TIMELINE_PAGE, view: 'cucurbit.timeline', title: 'Timeline' };
export const SCHEMA: Kind = { command: SCHEMA_PAGE, view: 'cucurbit.schema', title: 'Schema' };

/** The picture of a timeline or of a schema, in a panel beside the source. */
export class PagePanel implements vscode.Disposable {
    private panel: vscode.WebviewPanel | undefined;
    private asked: Asked = {};
    private shown = '';
    private timer: NodeJS.Timeout | undefined;
    private readonly server: Server;
    private readonly kind: Kind;
    private readonly subscription: vscode.Disposable;

    constructor(server: Server, status: Status, kind: Kind) {
        this.server = server;
        this.kind = kind;
        this.subscription = status.onDidAnalyse(() => {
            clearTimeout(this.timer);
            this.timer = setTimeout(() => void this.refresh(), PAUSE);
        });
    }

    dispose(): void {
        clearTimeout(this.timer);
        this.subscription.dispose();
        this.panel?.dispose();
    }

    /** Shows the page of an entry point, or that for the file of the active editor. */
    async show(client: Client, wanted: Asked | undefined): Promise<void> {
        const asked = wanted ?? fromEditor();
        const page = await client.execute<Page>(this.kind.command, asked);
        this.asked = asked;
        this.panel ??= this.open();
        this.panel.title = page.title;
        this.set(page.html);
        this.panel.reveal(undefined, false);
    }

    private open(): vscode.WebviewPanel {
        const column =
            vscode.window.activeTextEditor === undefined ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
        const panel = vscode.window.createWebviewPanel(this.kind.view, this.kind.title, column, {
            enableScripts: true,
            retainContextWhenHidden: true,
            localResourceRoots: [],
        });

        panel.webview.onDidReceiveMessage((message: unknown) => void this.received(message));
        panel.onDidDispose(() => {
            this.panel = undefined;
            this.shown = '';
        });
        return panel;
    }

    private async refresh(): Promise<void> {
        const { client } = this.server;
        if (this.panel === undefined || client === undefined) {
            return;
        }
        try {
            const page = await client.execute<Page>(this.kind.command, this.asked);
            if (page.html !== this.shown) {
                this.set(page.html);
            }
        } catch {
            // The entry point is gone, or the server: what is shown stays.
        }
    }

    private set(html: string): void {
        if (this.panel !== undefined) {
            this.shown = html;
            this.panel.webview.html = html.replaceAll(NONCE, randomBytes(16).toString('base64url'));
        }
    }

    /** A click in the page: shows the source, in the column that is not the page's. */
    private async received(message: unknown): Promise<void> {
        const { command, uri, line, column } = (message ?? {}) as Readonly<Record<string, unknown>>;
        if (command !== 'open' || typeof uri !== 'string') {
            return;
        }
        const target = vscode.Uri.parse(uri);
        if (vscode.workspace.getWorkspaceFolder(target) === undefined) {
            return;
        }
        try {
            const document = await vscode.workspace.openTextDocument(target);
            const row = Math.min(Math.max(Number(line) || 1, 1), document.lineCount) - 1;
            const character = utf16(document.lineAt(row).text, Number(column) || 0);
            const position = new vscode.Position(row, character);
            const beside = vscode.window.visibleTextEditors[0]?.viewColumn ?? vscode.ViewColumn.One;
            await vscode.window.showTextDocument(document, {
                selection: new vscode.Range(position, position),
                viewColumn: beside === this.panel?.viewColumn ? vscode.ViewColumn.Beside : beside,
            });
        } catch {
            void vscode.window.showWarningMessage(`Cucurbit: ${target.fsPath} cannot be opened.`);
        }
    }
}

function fromEditor(): Asked {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.languageId !== 'python' || editor.document.uri.scheme !== 'file') {
        return {};
    }
    const uri = editor.document.uri.toString();
    return { uri, focus: { uri, line: editor.selection.active.line + 1 } };
}
