import * as vscode from 'vscode';
import { chosenFolder, createAggregator } from './aggregator.ts';
import type { Client } from './client.ts';
import { debugInformation } from './debugInformation.ts';
import { Lenses } from './lenses.ts';
import { DOCS } from './links.ts';
import { Messages } from './messages.ts';
import { PagePanel, SCHEMA, TIMELINE } from './page.ts';
import { machine } from './probe.ts';
import { PythonExtension } from './python.ts';
import { reachActions, showReach, walkReach } from './reach.ts';
import { Registration } from './registration.ts';
import { Server } from './server.ts';
import { SECTION, wrongTypes } from './settings.ts';
import { Status } from './status.ts';

let running: Server | undefined;

/** What other extensions, and the tests, may ask. */
export interface Api {
    readonly state: () => Server['state'];
    readonly pid: () => number | undefined;
    readonly onDidChange: vscode.Event<Server['state']>;
}

export function activate(context: vscode.ExtensionContext): Api {
    const log = vscode.window.createOutputChannel('Cucurbit', { log: true });
    const { version } = context.extension.packageJSON as { readonly version: string };
    const world = machine(context.extensionPath, process.platform === 'win32', line => log.debug(line));
    const python = new PythonExtension(
        line => log.warn(line),
        context.subscriptions,
        () => void server.update(),
    );
    const server = new Server(context.extensionPath, version, log, world, python);
    const status = new Status(server);
    const timeline = new PagePanel(server, status, TIMELINE);
    const schema = new PagePanel(server, status, SCHEMA);
    const registration = new Registration(server, status, context.workspaceState);
    running = server;
    context.subscriptions.push(log, new Messages(server, log), status, registration, new Lenses(server));
    context.subscriptions.push(timeline, schema);
    context.subscriptions.push(
        server.onDidChange(state => {
            void vscode.commands.executeCommand('setContext', 'cucurbit.running', state.kind === 'running');
        }),
        vscode.workspace.onDidChangeConfiguration(event => {
            if (['path', 'interpreter'].some(name => event.affectsConfiguration(`${SECTION}.${name}`))) {
                tellWrongTypes();
                void server.update();
            }
        }),
        vscode.workspace.onDidGrantWorkspaceTrust(() => void server.restart()),
        vscode.extensions.onDidChange(() => void server.update()),
        vscode.languages.registerCodeActionsProvider({ language: 'python', scheme: 'file' }, reachActions, {
            providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
        }),
    );
    commands(context, server, log, timeline, schema, () => debugInformation(server, version, status.found));
    tellWrongTypes();
    void server.update();
    return { state: () => server.state, pid: () => server.pid, onDidChange: server.onDidChange };
}

export function deactivate(): Promise<void> | undefined {
    return running?.dispose();
}

type Entry = { readonly root?: string; readonly entry?: string; readonly id?: readonly string[] };

function commands(
    context: vscode.ExtensionContext,
    server: Server,
    log: vscode.LogOutputChannel,
    timeline: PagePanel,
    schema: PagePanel,
    information: () => string,
): void {
    const command = (name: string, run: (...given: never[]) => unknown) =>
        context.subscriptions.push(vscode.commands.registerCommand(`cucurbit.${name}`, run));
    /** A command of the server's: needs one that runs, and tells what goes wrong. */
    const asking = (name: string, run: (client: Client, given: unknown) => Promise<unknown>) =>
        command(name, async (given?: unknown) => {
            const { client } = server;
            if (client === undefined) {
                return tell('Cucurbit is not running.', log);
            }
            try {
                return await run(client, given);
            } catch (error) {
                log.error(`${name}: ${String(error)}`);
                return tell(`Cucurbit: ${error instanceof Error ? error.message : String(error)}`, log);
            }
        });
    command('restart', () => server.restart());
    command('showLog', () => log.show());
    command('openDocs', () => vscode.env.openExternal(vscode.Uri.parse(DOCS)));
    command('copyDebugInformation', async () => {
        await vscode.env.clipboard.writeText(information());
        void vscode.window.showInformationMessage('Cucurbit: the debug information is in the clipboard.');
    });
    command('showReach', showReach);
    command('walkReach', walkReach);
    asking('showTimeline', (client, given) => timeline.show(client, entryOf(given as Entry | undefined)));
    asking('openEntry', (client, given) => timeline.show(client, entryOf(given as Entry | undefined)));
    asking('showSchema', (client, given) => schema.show(client, entryOf(given as Entry | undefined)));
    asking('showTimelineText', showTimelineText);
    asking('createAggregator', createAggregator);
    asking('routeImports', async client => client.execute('cucurbit.routeImports', (await chosenFolder()) ?? {}));
    asking('restartAnalysis', client => client.execute('cucurbit.restartAnalysis', {}));
    asking('applyFix', (client, given) => client.execute('cucurbit.applyFix', given as object));
}

/** The entry point that a code lens or a node of the tree means. */
function entryOf(given: Entry | undefined): { readonly root?: string; readonly entry?: string } | undefined {
    const [root, entry] = given?.id ?? [given?.root, given?.entry];
    return entry === undefined ? undefined : { ...(root === undefined ? {} : { root }), entry };
}

async function showTimelineText(client: Client): Promise<void> {
    const active = vscode.window.activeTextEditor?.document;
    const isPython = active?.languageId === 'python' && active.uri.scheme === 'file';
    const target = isPython ? { uri: active.uri.toString() } : {};
    const ask = (asked: object) => client.execute<string>('cucurbit.showTimeline', asked);
    const content = (await ask(target)) || (await ask({}));
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content }));
}

async function tell(message: string, log: vscode.LogOutputChannel): Promise<void> {
    const show = 'Show Log';
    if ((await vscode.window.showErrorMessage(message, show)) === show) {
        log.show();
    }
}

function tellWrongTypes(): void {
    for (const message of wrongTypes()) {
        void vscode.window.showWarningMessage(message);
    }
}
