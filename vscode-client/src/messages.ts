import * as vscode from 'vscode';
import type { Missing, Remedy } from './find.ts';
import { DOCS } from './links.ts';
import type { Server, State } from './server.ts';

const TITLES: Readonly<Record<Remedy, string>> = {
    install: 'Install',
    'choose-interpreter': 'Choose Interpreter',
    settings: 'Open Settings',
    docs: 'Open Docs',
    log: 'Show Log',
    trust: 'Manage Trust',
};

/** Tells users what is wrong: one sentence, once, with buttons. */
export class Messages implements vscode.Disposable {
    private told = '';
    private readonly subscription: vscode.Disposable;
    private readonly server: Server;
    private readonly log: vscode.LogOutputChannel;

    constructor(server: Server, log: vscode.LogOutputChannel) {
        this.server = server;
        this.log = log;
        this.subscription = server.onDidChange(state => this.changed(state));
    }

    dispose(): void {
        this.subscription.dispose();
    }

    private changed(state: State): void {
        if (state.kind === 'missing') {
            this.once(state.missing.message, () => this.missing(state.missing));
        } else if (state.kind === 'failed') {
            this.log.error(state.message);
            this.once(state.message, () => this.failed(state.message));
        } else if (state.kind === 'running') {
            this.told = '';
            const mismatch = this.server.mismatch();
            if (mismatch !== undefined) {
                this.once(mismatch, () => vscode.window.showWarningMessage(mismatch, TITLES.docs).then(docs));
            }
        }
    }

    private once(message: string, tell: () => Thenable<unknown>): void {
        if (message !== this.told) {
            this.told = message;
            void tell();
        }
    }

    private async missing(missing: Missing): Promise<void> {
        const buttons = missing.remedies.map(each => TITLES[each]);
        const chosen = await vscode.window.showErrorMessage(missing.message, ...buttons);
        const remedy = missing.remedies.find(each => TITLES[each] === chosen);
        if (remedy !== undefined) {
            await this.remedy(remedy, missing.interpreter);
        }
    }

    private async failed(message: string): Promise<void> {
        const again = 'Restart';
        const chosen = await vscode.window.showErrorMessage(message, again, TITLES.log);
        if (chosen === again) {
            await this.server.restart();
        } else if (chosen === TITLES.log) {
            this.log.show();
        }
    }

    /** Does what a button says. */
    async remedy(remedy: Remedy, interpreter?: string): Promise<void> {
        switch (remedy) {
            case 'install':
                return install(interpreter ?? 'python3', this.server);
            case 'choose-interpreter':
                return chooseInterpreter();
            case 'settings':
                await vscode.commands.executeCommand('workbench.action.openSettings', '@ext:cucurbit.cucurbit');
                return;
            case 'docs':
                await vscode.env.openExternal(vscode.Uri.parse(DOCS));
                return;
            case 'trust':
                await vscode.commands.executeCommand('workbench.trust.manage');
                return;
            case 'log':
                this.log.show();
        }
    }
}

async function docs(chosen: string | undefined): Promise<void> {
    if (chosen === TITLES.docs) {
        await vscode.env.openExternal(vscode.Uri.parse(DOCS));
    }
}

/** By the Python extension where there is one, else by the setting. */
async function chooseInterpreter(): Promise<void> {
    const known = await vscode.commands.getCommands(true);
    if (known.includes('python.setInterpreter')) {
        await vscode.commands.executeCommand('python.setInterpreter');
    } else {
        await vscode.commands.executeCommand('workbench.action.openSettings', 'cucurbit.interpreter');
    }
}

/** Installs the package where one can watch, then looks again. */
async function install(interpreter: string, server: Server): Promise<void> {
    const arguments_ = ['-m', 'pip', 'install', '--upgrade', 'cucurbit'];
    const execution = new vscode.ProcessExecution(interpreter, arguments_);
    const task = new vscode.Task({ type: 'cucurbit' }, vscode.TaskScope.Workspace, 'Install', 'cucurbit', execution);
    const started = await vscode.tasks.executeTask(task);
    const listener = vscode.tasks.onDidEndTaskProcess(event => {
        if (event.execution === started) {
            listener.dispose();
            void server.restart();
        }
    });
}
