import * as vscode from 'vscode';
import { CHILDREN, type Nodes, PATH, type TreeName, type TreeNode } from './protocol.ts';
import type { Server } from './server.ts';
import type { Status } from './status.ts';
import { times } from './words.ts';

const ICONS: Readonly<Record<string, string>> = {
    folder: 'folder',
    entry: 'debug-start',
    module: 'symbol-namespace',
    table: 'table',
    rejected: 'error',
    redefined: 'warning',
    migrations: 'database',
    failed: 'error',
    'create-all': 'add',
    query: 'search',
    other: 'info',
    cut: 'question',
    metadata: 'symbol-structure',
    revisions: 'history',
    dead: 'circle-slash',
    class: 'symbol-class',
    column: 'symbol-field',
    key: 'key',
    registration: 'debug-start',
    environment: 'database',
};

const ALARMS: Readonly<Record<string, string>> = { error: 'list.errorForeground', warning: 'list.warningForeground' };

/** Milliseconds without a move of the cursor after which the view follows it. */
const PAUSE = 150;

/** One tree of the registration view: fetched from the server level by level. */
class Tree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
    readonly view: vscode.TreeView<TreeNode>;
    readonly name: TreeName;
    filter = '';
    private readonly changes = new vscode.EventEmitter<void>();
    readonly onDidChangeTreeData = this.changes.event;
    private readonly parents = new Map<string, TreeNode>();
    private readonly server: Server;

    constructor(name: TreeName, server: Server) {
        this.name = name;
        this.server = server;
        this.view = vscode.window.createTreeView(`cucurbit.${name}`, { treeDataProvider: this, showCollapseAll: true });
    }

    dispose(): void {
        vscode.Disposable.from(this.view, this.changes).dispose();
    }

    refresh(): void {
        this.view.description = this.filter ? `filter: ${this.filter}` : '';
        this.parents.clear();
        this.changes.fire();
    }

    async getChildren(parent?: TreeNode): Promise<TreeNode[]> {
        const { client } = this.server;
        if (client === undefined || !client.commands.has(CHILDREN)) {
            return [];
        }
        const asked = { tree: this.name, parent: parent?.id ?? [], filter: this.filter };
        const { nodes } = await client.execute<Nodes>(CHILDREN, asked);
        if (parent !== undefined) {
            for (const node of nodes) {
                this.parents.set(key(node), parent);
            }
        }
        return [...nodes];
    }

    getParent(node: TreeNode): TreeNode | undefined {
        return this.parents.get(key(node));
    }

    getTreeItem(node: TreeNode): vscode.TreeItem {
        const state = node.hasChildren
            ? node.expanded || node.kind === 'metadata'
                ? vscode.TreeItemCollapsibleState.Expanded
                : vscode.TreeItemCollapsibleState.Collapsed
            : vscode.TreeItemCollapsibleState.None;
        const item = new vscode.TreeItem(node.certain ? node.label : `${node.label} ?`, state);
        // With a filter, what is unfolded differs: it is another item.
        item.id = `${this.filter ? `${this.filter}:` : ''}${key(node)}`;
        item.description = node.description;
        item.tooltip = node.tooltip;
        item.contextValue = node.kind;
        const colour = ALARMS[node.alarm] ?? (node.kind === 'migrations' ? 'charts.purple' : undefined);
        item.iconPath = new vscode.ThemeIcon(ICONS[node.kind] ?? 'circle', colour && new vscode.ThemeColor(colour));
        item.accessibilityInformation = {
            label: `${node.label} ${node.description}${node.certain ? '' : ', not certain'}`,
        };
        if (node.uri) {
            const selection = new vscode.Range(...node.start, ...node.end);
            item.command = {
                command: 'vscode.open',
                title: 'Open',
                arguments: [vscode.Uri.parse(node.uri), { selection, preserveFocus: true }],
            };
        }
        return item;
    }

    /** Shows what stands at a place, if anything does. */
    async reveal(document: vscode.Uri, line: number, focus: boolean): Promise<boolean> {
        const { client } = this.server;
        if (client === undefined || !client.commands.has(PATH)) {
            return false;
        }
        const entry = this.view.selection[0]?.id[1] ?? '';
        const asked = { tree: this.name, uri: document.toString(), line, entry };
        const { nodes } = await client.execute<Nodes>(PATH, asked);
        nodes.forEach((node, index) => {
            const parent = nodes[index - 1];
            if (parent !== undefined) {
                this.parents.set(key(node), parent);
            }
        });
        const last = nodes.at(-1);
        if (last === undefined) {
            return false;
        }
        await this.view.reveal(last, { select: true, focus, expand: false });
        return true;
    }
}

function key(node: TreeNode): string {
    return JSON.stringify(node.id);
}

/** The registration view: timelines and tables. */
export class Registration implements vscode.Disposable {
    private readonly trees: readonly Tree[];
    private readonly subscriptions: vscode.Disposable[] = [];
    private readonly memory: vscode.Memento;
    private timer: NodeJS.Timeout | undefined;
    private follows = false;

    constructor(server: Server, status: Status, memory: vscode.Memento) {
        this.memory = memory;
        this.trees = [new Tree('timelines', server), new Tree('tables', server)];
        const command = (name: string, run: () => unknown) =>
            this.subscriptions.push(vscode.commands.registerCommand(`cucurbit.${name}`, run));
        command('filterRegistration', () => this.ask());
        command('clearRegistrationFilter', () => this.filter(''));
        command('followCursor', () => this.follow(true));
        command('unfollowCursor', () => this.follow(false));
        command('revealCursor', () => this.reveal(true));
        command('openRegistration', () => vscode.commands.executeCommand('workbench.view.extension.cucurbit'));
        this.subscriptions.push(
            ...this.trees,
            status.onDidAnalyse(() => {
                this.refresh();
                this.count(status.errors);
            }),
            server.onDidChange(() => this.refresh()),
            vscode.window.onDidChangeTextEditorSelection(() => this.moved()),
            vscode.window.onDidChangeActiveTextEditor(() => this.moved()),
        );
        this.follow(memory.get('followCursor') === true);
    }

    dispose(): void {
        clearTimeout(this.timer);
        vscode.Disposable.from(...this.subscriptions).dispose();
    }

    private refresh(): void {
        for (const tree of this.trees) {
            tree.refresh();
        }
    }

    /** Shows the number of errors on the icon of the view. */
    private count(errors: number): void {
        const [timelines] = this.trees;
        if (timelines !== undefined) {
            timelines.view.badge =
                errors > 0 ? { value: errors, tooltip: `Cucurbit: ${times(errors, 'error')}` } : undefined;
        }
    }

    private async ask(): Promise<void> {
        const text = await vscode.window.showInputBox({
            title: 'Filter by Table or Module',
            prompt: 'Part of the name of a table, a class or a module',
            value: this.trees[0]?.filter ?? '',
        });
        if (text !== undefined) {
            this.filter(text.trim());
        }
    }

    private filter(text: string): void {
        void vscode.commands.executeCommand('setContext', 'cucurbit.filtered', text !== '');
        for (const tree of this.trees) {
            tree.filter = text;
        }
        this.refresh();
    }

    private follow(on: boolean): void {
        this.follows = on;
        void this.memory.update('followCursor', on);
        void vscode.commands.executeCommand('setContext', 'cucurbit.followsCursor', on);
        this.moved();
    }

    private moved(): void {
        clearTimeout(this.timer);
        if (this.follows && this.trees.some(tree => tree.view.visible)) {
            this.timer = setTimeout(() => void this.reveal(false), PAUSE);
        }
    }

    private async reveal(asked: boolean): Promise<void> {
        const editor = vscode.window.activeTextEditor;
        if (editor === undefined || editor.document.uri.scheme !== 'file') {
            return;
        }
        let found = false;
        for (const tree of this.trees.filter(each => each.view.visible)) {
            try {
                found = (await tree.reveal(editor.document.uri, editor.selection.active.line, false)) || found;
            } catch {
                // The tree changed meanwhile, or the filter hides it.
            }
        }
        if (asked && !found) {
            void vscode.window.showInformationMessage('Cucurbit: no entry point executes this file.');
        }
    }
}
