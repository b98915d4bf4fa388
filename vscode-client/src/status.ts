import * as vscode from 'vscode';
import type { Client } from './client.ts';
import { choices, MENU } from './menu.ts';
import type { Analysed, Analysing } from './protocol.ts';
import type { Server, State } from './server.ts';
import { progress, seen, summary } from './words.ts';

/** What goes on, what was found and which server it is: in the status bar, and beside the language. */
export class Status implements vscode.Disposable {
    private readonly item: vscode.LanguageStatusItem;
    private readonly bar: vscode.StatusBarItem;
    private readonly analyses = new Map<string, Analysed>();
    private readonly changed = new vscode.EventEmitter<void>();
    private readonly subscriptions: vscode.Disposable[];
    private under: Analysing | undefined;
    private readonly server: Server;
    /** Told when there is something new to show. */
    readonly onDidAnalyse = this.changed.event;

    constructor(server: Server, extension: string) {
        this.server = server;
        this.item = vscode.languages.createLanguageStatusItem('cucurbit.status', [
            { language: 'python' },
            { pattern: '**/alembic.ini' },
        ]);
        this.item.name = 'Cucurbit';
        this.item.command = { command: `cucurbit.${MENU}`, title: 'Menu' };
        this.bar = vscode.window.createStatusBarItem('cucurbit', vscode.StatusBarAlignment.Left);
        this.bar.name = 'Cucurbit';
        this.bar.command = `cucurbit.${MENU}`;
        this.subscriptions = [
            this.item,
            this.bar,
            this.changed,
            vscode.commands.registerCommand(`cucurbit.${MENU}`, () => this.offer(extension)),
            server.onDidChange(state => this.show(state)),
            server.onClient(client => this.listen(client)),
        ];
        this.show(server.state);
    }

    dispose(): void {
        vscode.Disposable.from(...this.subscriptions).dispose();
    }

    /** What was found last, in words. */
    get found(): string {
        return this.analyses.size > 0 ? summary(this.analyses.values()) : '';
    }

    /** The number of errors that were found last. */
    get errors(): number {
        return [...this.analyses.values()].reduce((sum, each) => sum + (each.findings.error ?? 0), 0);
    }

    /** What is shown, where nothing else says whose it is. */
    private get named(): string {
        const { text } = this.item;
        return text.startsWith('Cucurbit') ? text : `Cucurbit: ${text}`;
    }

    private listen(client: Client): void {
        this.analyses.clear();
        this.under = undefined;
        client.onNotification('cucurbit/analysing', (params: Analysing) => {
            this.under = params;
            this.show(this.server.state);
        });
        client.onNotification('cucurbit/analysed', (params: Analysed) => {
            this.under = undefined;
            this.analyses.set(params.root, params);
            this.show(this.server.state);
            this.changed.fire();
        });
    }

    /** Offers what one may want to do next, below what goes on or why nothing does. */
    private async offer(extension: string): Promise<void> {
        const isRunning = this.server.state.kind === 'running';
        const options = { title: this.named, placeHolder: isRunning ? '' : (this.item.detail ?? '') };
        const chosen = await vscode.window.showQuickPick(choices(isRunning, extension), options);
        if (chosen !== undefined) {
            await vscode.commands.executeCommand(chosen.command, ...chosen.arguments);
        }
    }

    private show(state: State): void {
        const { item } = this;
        void vscode.commands.executeCommand('setContext', 'cucurbit.analysed', this.analyses.size > 0);
        item.busy = state.kind === 'starting' || (state.kind === 'running' && this.under !== undefined);
        item.severity = vscode.LanguageStatusSeverity.Information;
        if (state.kind === 'running') {
            const failure = [...this.analyses.values()].find(each => each.failure)?.failure;
            item.text = failure ? 'Cucurbit: the analysis failed' : this.under ? progress(this.under) : this.found;
            item.text ||= 'Cucurbit runs';
            const running = `cucurbit ${state.version}, ${state.found.origin}`;
            item.detail = [seen(this.analyses.values()), running].filter(Boolean).join(' ');
            item.severity = failure ? vscode.LanguageStatusSeverity.Error : item.severity;
        } else if (state.kind === 'starting') {
            item.text = 'Cucurbit starts';
            item.detail = '';
        } else {
            item.text = 'Cucurbit is not running';
            item.detail = state.kind === 'missing' ? state.missing.message : state.message;
            item.severity = vscode.LanguageStatusSeverity.Error;
        }
        this.showBar();
    }

    /** The same in the status bar, where there is something to tell: not in a workspace without tables. */
    private showBar(): void {
        const { bar, item } = this;
        const isWrong = item.severity === vscode.LanguageStatusSeverity.Error;
        const icon = isWrong ? '$(error)' : item.busy ? '$(loading~spin)' : '$(table)';
        bar.text = `${icon} ${this.named}`;
        bar.tooltip = ['Cucurbit', item.text, item.detail].filter(Boolean).join('\n');
        bar.backgroundColor = isWrong ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
        if (isWrong || item.busy || [...this.analyses.values()].some(each => each.tables > 0)) {
            bar.show();
        } else {
            bar.hide();
        }
    }
}
