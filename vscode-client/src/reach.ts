import * as vscode from 'vscode';
import type { Client } from './client.ts';
import { REACH, type Reach } from './protocol.ts';
import { walk } from './walk.ts';

const SOURCE = 'cucurbit';
const TITLE = 'Show how this is reached';

/** A finding in a document. */
export interface Finding {
    readonly document: vscode.Uri;
    readonly diagnostic: vscode.Diagnostic;
}

/** An event that a hover links to: a table that is registered, or migrations that start. */
export interface Event {
    readonly uri: string;
    readonly line: number;
    readonly entry: string;
    readonly kind: string;
}

/** Offers, on each finding with a chain, to walk along the chain. */
export const reachActions: vscode.CodeActionProvider = {
    provideCodeActions(document, _range, context) {
        if (context.only !== undefined && !context.only.contains(vscode.CodeActionKind.QuickFix)) {
            return [];
        }
        return context.diagnostics.filter(hasChain).map(diagnostic => {
            const action = new vscode.CodeAction(`${TITLE}: ${code(diagnostic)}`, vscode.CodeActionKind.QuickFix);
            action.diagnostics = [diagnostic];
            const finding: Finding = { document: document.uri, diagnostic };
            action.command = { command: 'cucurbit.showReach', title: TITLE, arguments: [finding] };
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

/** The finding with a chain at the cursor, the gravest first; tells where there is none. */
function atCursor(): Finding | undefined {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) {
        return undefined;
    }
    const document = editor.document.uri;
    const here = editor.selection.active;
    const [diagnostic] = vscode.languages
        .getDiagnostics(document)
        .filter(hasChain)
        .filter(each => each.range.start.line <= here.line && here.line <= each.range.end.line)
        .sort((one, other) => one.severity - other.severity);
    if (diagnostic === undefined) {
        void vscode.window.showInformationMessage('Cucurbit: there is no finding with a chain on this line.');
        return undefined;
    }
    return { document, diagnostic };
}

/** Walks along the chain of a finding, that at the cursor where none is given, in the order in which it happens. */
export async function showFinding(given: Finding | undefined): Promise<void> {
    const found = given ?? atCursor();
    if (found === undefined) {
        return;
    }
    const { document, diagnostic } = found;
    const related = diagnostic.relatedInformation ?? [];
    const steps = related.map(each => ({ text: each.message, location: each.location }));
    const last = { text: code(diagnostic), location: new vscode.Location(document, diagnostic.range) };
    await walk(`How ${code(diagnostic)} is reached`, [...steps, last]);
}

/** Walks along the chain of an event. */
export async function showEvent(client: Client, event: Event): Promise<void> {
    const found = await client.execute<Reach>(REACH, event);
    if (found.steps.length === 0) {
        void vscode.window.showInformationMessage('Cucurbit: this does not happen any more.');
        return;
    }
    const steps = found.steps.map(each => ({
        text: each.text,
        location: new vscode.Location(vscode.Uri.parse(each.uri), new vscode.Range(...each.start, ...each.end)),
    }));
    await walk(found.title, steps);
}
