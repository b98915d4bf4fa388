import * as vscode from 'vscode';
import { Messages } from './messages.ts';
import { machine } from './probe.ts';
import { PythonExtension } from './python.ts';
import { Server } from './server.ts';
import { SECTION, wrongTypes } from './settings.ts';

let running: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
    const log = vscode.window.createOutputChannel('Cucurbit', { log: true });
    const extension = context.extension.packageJSON as { readonly version: string };
    const world = machine(context.extensionPath, process.platform === 'win32', line => log.debug(line));
    const python = new PythonExtension(line => log.warn(line), context.subscriptions, () => void server.update());
    const server = new Server(context.extensionPath, extension.version, log, world, python);
    running = server;
    context.subscriptions.push(log, new Messages(server, log));
    context.subscriptions.push(
        vscode.workspace.onDidChangeConfiguration(event => {
            if (['path', 'interpreter'].some(name => event.affectsConfiguration(`${SECTION}.${name}`))) {
                tellWrongTypes();
                void server.update();
            }
        }),
        vscode.workspace.onDidGrantWorkspaceTrust(() => void server.restart()),
        vscode.extensions.onDidChange(() => void server.update()),
    );
    tellWrongTypes();
    await server.update();
}

export function deactivate(): Promise<void> | undefined {
    return running?.dispose();
}

function tellWrongTypes(): void {
    for (const message of wrongTypes()) {
        void vscode.window.showWarningMessage(message);
    }
}
