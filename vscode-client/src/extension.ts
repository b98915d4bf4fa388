import * as vscode from 'vscode';
import { chosenFolder, createAggregator } from './aggregator.ts';
import type { Client } from './client.ts';
import { debugInformation } from './debugInformation.ts';
import { Lenses } from './lenses.ts';
import { DOCS } from './links.ts';
import { Messages } from './messages.ts';
import { type Asked, PagePanel, SCHEMA, TIMELINE } from './page.ts';
import { machine } from './probe.ts';
import type { TreeNode } from './protocol.ts';
import { PythonExtension } from './python.ts';
import { type Event, type Finding, reachActions, showEvent, showFinding } from './reach.ts';
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

interface Manifest {
    readonly version: string;
    readonly contributes: { readonly configuration: { readonly properties: object } };
}

export function activate(context: vscode.ExtensionContext): Api {
    const log = vscode.window.createOutputChannel('Cucurbit', { log: true });
    const { version, contributes } = context.extension.packageJSON as Manifest;
    const settings = Object.keys(contributes.configuration.properties).map(each => each.slice(SECTION.length + 1));
    const world = machine(context.extensionPath, process.platform === 'win32', line => log.debug(line));
    const python = new PythonExtension(
        line => log.warn(line),
        context.subscriptions,
        () => void server.update(),
    );
    const server = new Server(context.extensionPath, version, settings, log, world, python);
    const status = new Status(server, context.extension.id);
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
    /** Does what needs a server that runs, and tells what goes wrong. */
    const ask = async (name: string, run: (client: Client) => Promise<unknown>) => {
        const { client } = server;
        if (client === undefined) {
            return tell('Cucurbit is not running.', log);
        }
        try {
            return await run(client);
        } catch (error) {
            log.error(`${name}: ${String(error)}`);
            return tell(`Cucurbit: ${error instanceof Error ? error.message : String(error)}`, log);
        }
    };
    const asking = (name: string, run: (client: Client, given: unknown) => Promise<unknown>) =>
        command(name, (given?: unknown) => ask(name, client => run(client, given)));
    command('restart', () => server.restart());
    command('openNode', (node?: TreeNode) => node?.uri && vscode.window.showTextDocument(...placeOf(node)));
    command('copyTableName', (node?: TreeNode) => node?.table && vscode.env.clipboard.writeText(node.table));
    command('showLog', () => log.show());
    command('openDocs', () => vscode.env.openExternal(vscode.Uri.parse(DOCS)));
    command('copyDebugInformation', async () => {
        await vscode.env.clipboard.writeText(information());
        void vscode.window.showInformationMessage('Cucurbit: the debug information is in the clipboard.');
    });
    command('showReach', async (given?: Event | Finding) => {
        if (given === undefined || 'diagnostic' in given) {
            return showFinding(given);
        }
        return ask('showReach', client => showEvent(client, given));
    });
    asking('showTimeline', (client, given) => timeline.show(client, asked(given as Asked | TreeNode | undefined)));
    asking('showSchema', (client, given) => schema.show(client, asked(given as Asked | TreeNode | undefined)));
    asking('showTimelineText', showTimelineText);
    asking('createAggregator', createAggregator);
    asking('routeImports', async client => client.execute('cucurbit.routeImports', (await chosenFolder()) ?? {}));
    asking('restartAnalysis', client => client.execute('cucurbit.restartAnalysis', {}));
    asking('applyFix', (client, given) => client.execute('cucurbit.applyFix', given as object));
}

/** Which page a code lens or a node of a tree means; undefined where the active editor decides. */
function asked(given: Asked | TreeNode | undefined): Asked | undefined {
    if (given !== undefined && 'id' in given) {
        const { root, entry, table, uri, start } = given;
        return {
            ...(entry && root ? { root, entry } : uri ? { uri } : {}),
            ...(table ? { table } : {}),
            ...(table && uri ? { focus: { uri, line: start[0] + 1 } } : {}),
        };
    }
    return given?.entry === undefined ? undefined : given;
}

function placeOf({ uri, start, end }: TreeNode): [vscode.Uri, vscode.TextDocumentShowOptions] {
    return [vscode.Uri.parse(uri), { selection: new vscode.Range(...start, ...end) }];
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
