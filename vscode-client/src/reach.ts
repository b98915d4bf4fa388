import * as vscode from 'vscode';

const SOURCE = 'cucurbit';
const TITLE = 'Show how this is reached';

/** The places of a finding's chain, in order, itself last. */
function chain(document: vscode.Uri, diagnostic: vscode.Diagnostic): vscode.Location[] {
    const related = (diagnostic.relatedInformation ?? []).map(each => each.location);
    return [...related, new vscode.Location(document, diagnostic.range)];
}

/** Offers, on each finding with a chain, to look at the chain without leaving the line. */
export const reachActions: vscode.CodeActionProvider = {
    provideCodeActions(document, _range, context) {
        if (context.only !== undefined && !context.only.contains(vscode.CodeActionKind.QuickFix)) {
            return [];
        }
        return context.diagnostics.filter(hasChain).map(diagnostic => {
            const action = new vscode.CodeAction(`${TITLE}: ${code(diagnostic)}`, vscode.CodeActionKind.QuickFix);
            action.diagnostics = [diagnostic];
            action.command = {
                command: 'cucurbit.showReach',
                title: TITLE,
                arguments: [document.uri, diagnostic.range.start, chain(document.uri, diagnostic)],
            };
            return action;
        });
    },
};

function hasChain(diagnostic: vscode.Diagnostic): boolean {
    return diagnostic.source === SOURCE && (diagnostic.relatedInformation?.length ?? 0) > 0;
}

function code(diagnostic: vscode.Diagnostic): string {
    const value = diagnostic.code;
    return String(typeof value === 'object' ? value.value : (value ?? ''));
}

/** Peeks at a chain: the one given, else that of the finding at the cursor. */
export async function showReach(
    uri?: vscode.Uri,
    position?: vscode.Position,
    locations?: readonly vscode.Location[],
): Promise<void> {
    if (uri !== undefined && position !== undefined && locations !== undefined) {
        await vscode.commands.executeCommand('editor.action.peekLocations', uri, position, locations, 'peek');
        return;
    }
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) {
        return;
    }
    const here = editor.selection.active;
    const found = vscode.languages
        .getDiagnostics(editor.document.uri)
        .filter(hasChain)
        .filter(each => each.range.start.line <= here.line && here.line <= each.range.end.line)
        .sort((one, other) => one.severity - other.severity)[0];
    if (found === undefined) {
        void vscode.window.showInformationMessage('Cucurbit: there is no finding with a chain on this line.');
        return;
    }
    const places = chain(editor.document.uri, found);
    await vscode.commands.executeCommand(
        'editor.action.peekLocations',
        editor.document.uri,
        found.range.start,
        places,
        'peek',
    );
}
