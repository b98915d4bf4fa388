import * as vscode from 'vscode';
import { walk } from './walk.ts';

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

/** The chain of the finding at the cursor, the gravest first; tells where there is none. */
function atCursor(): { readonly document: vscode.Uri; readonly finding: vscode.Diagnostic } | undefined {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) {
        return undefined;
    }
    const here = editor.selection.active;
    const [finding] = vscode.languages
        .getDiagnostics(editor.document.uri)
        .filter(hasChain)
        .filter(each => each.range.start.line <= here.line && here.line <= each.range.end.line)
        .sort((one, other) => one.severity - other.severity);
    if (finding === undefined) {
        void vscode.window.showInformationMessage('Cucurbit: there is no finding with a chain on this line.');
        return undefined;
    }
    return { document: editor.document.uri, finding };
}

/** Peeks at a chain: the one given, else that of the finding at the cursor. VS Code sorts the places by file. */
export async function showReach(
    uri?: vscode.Uri,
    position?: vscode.Position,
    locations?: readonly vscode.Location[],
): Promise<void> {
    const peek = (...given: readonly unknown[]) =>
        vscode.commands.executeCommand('editor.action.peekLocations', ...given, 'peek');
    if (uri !== undefined && position !== undefined && locations !== undefined) {
        await peek(uri, position, locations);
        return;
    }
    const found = atCursor();
    if (found !== undefined) {
        await peek(found.document, found.finding.range.start, chain(found.document, found.finding));
    }
}

/** Walks along the chain of the finding at the cursor, in the order in which it happens. */
export async function walkReach(): Promise<void> {
    const found = atCursor();
    if (found === undefined) {
        return;
    }
    const { document, finding } = found;
    const related = (finding.relatedInformation ?? []).map(each => ({ text: each.message, location: each.location }));
    const last = { text: code(finding), location: new vscode.Location(document, finding.range) };
    await walk(`How ${code(finding)} is reached`, [...related, last]);
}
