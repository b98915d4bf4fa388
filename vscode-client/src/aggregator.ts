import * as vscode from 'vscode';
import type { Client } from './client.ts';
import { type Applied, CREATE_AGGREGATOR, PROPOSE_AGGREGATOR, type Proposal } from './protocol.ts';
import { isModule, times } from './words.ts';

const STYLES = [
    { style: 'noqa', label: 'import app.models  # noqa: F401', description: 'linters keep the imports' },
    { style: 'imports', label: 'import app.models', description: 'plain imports' },
    { style: 'all', label: '__all__ = [...]', description: 'the modules are exported' },
    { style: 'redundant-alias', label: 'import x as x', description: 'an export, as type checkers read it' },
];

/** Asks where the aggregator is to stand and how it is to be written, then shows what changes before it does. */
export async function createAggregator(client: Client): Promise<void> {
    const target = await chosenFolder();
    if (target === undefined) {
        return;
    }
    const propose = (more: object) => client.execute<Proposal>(PROPOSE_AGGREGATOR, { ...target, ...more });
    const proposal = await propose({});
    if (proposal.obstacle) {
        void vscode.window.showInformationMessage(`Cucurbit: ${proposal.obstacle}.`);
        return;
    }
    const module = await vscode.window.showInputBox({
        title: 'Create Models Aggregator (1/2)',
        prompt: `The module that will import ${times(proposal.modules, 'model module')}: its path or its dotted name`,
        value: proposal.path,
        validateInput: async text => {
            if (!isModule(text.trim())) {
                return 'This is not a module. Write app/models_all.py or app.models_all, for example.';
            }
            const { obstacle } = await propose({ module: text.trim() });
            return obstacle ? `${obstacle}.` : undefined;
        },
    });
    if (module === undefined) {
        return;
    }
    const items = STYLES.map(each => ({ ...each, picked: each.style === proposal.style }));
    const style = await vscode.window.showQuickPick(
        items.sort((one, other) => Number(other.picked) - Number(one.picked)),
        { title: 'Create Models Aggregator (2/2)', placeHolder: 'How its imports are protected from linters' },
    );
    if (style === undefined) {
        return;
    }
    const wanted = { ...target, module: module.trim(), style: style.style, confirm: true };
    const result = await client.execute<Applied>(CREATE_AGGREGATOR, wanted);
    if (result.applied) {
        void vscode.window.showInformationMessage(`Cucurbit: created ${module.trim()}.`);
    }
}

/** The folder that is meant: of the active editor, the only one, or the one that is picked. */
export async function chosenFolder(): Promise<{ readonly uri?: string } | undefined> {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const active = vscode.window.activeTextEditor?.document.uri;
    if (active !== undefined && vscode.workspace.getWorkspaceFolder(active) !== undefined) {
        return { uri: active.toString() };
    }
    if (folders.length <= 1) {
        return {};
    }
    const picked = await vscode.window.showWorkspaceFolderPick({ placeHolder: 'The folder with the models' });
    return picked === undefined ? undefined : { uri: picked.uri.toString() };
}
