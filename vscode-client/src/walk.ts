import path from 'node:path';
import * as vscode from 'vscode';

/** One place of a chain, with what happens there. */
export interface Step {
    readonly text: string;
    readonly location: vscode.Location;
}

interface Item extends vscode.QuickPickItem {
    readonly step: Step;
}

/**
 * Lists the steps of a chain in their order, which VS Code's peek does not keep, and shows the place of whichever is looked at.
 * Leaving the list by Escape leads back to where one was.
 */
export async function walk(title: string, steps: readonly Step[]): Promise<void> {
    const before = vscode.window.activeTextEditor;
    const selection = before?.selection;
    const picker = vscode.window.createQuickPick<Item>();
    picker.title = title;
    picker.placeholder = 'Up and down show each place; Enter goes there, Escape goes back';
    picker.matchOnDescription = true;
    picker.keepScrollPosition = true;
    picker.items = steps.map((step, index) => ({
        label: `${index + 1}. ${step.text}`,
        description: where(step.location),
        step,
    }));
    let chosen: Item | undefined;
    picker.onDidChangeActive(([item]) => item && void show(item.step.location, true));
    picker.onDidAccept(() => {
        chosen = picker.activeItems[0];
        picker.hide();
    });
    const hidden = new Promise<void>(resolve => picker.onDidHide(resolve));
    picker.show();
    await hidden;
    picker.dispose();
    if (chosen !== undefined) {
        await show(chosen.step.location, false);
    } else if (before !== undefined && selection !== undefined) {
        const editor = await vscode.window.showTextDocument(before.document, before.viewColumn);
        editor.selection = selection;
        editor.revealRange(selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    }
}

function where({ uri, range }: vscode.Location): string {
    const name = vscode.workspace.asRelativePath(uri, (vscode.workspace.workspaceFolders?.length ?? 0) > 1);
    return `${path.posix.normalize(name)}:${range.start.line + 1}`;
}

async function show(location: vscode.Location, preserveFocus: boolean): Promise<void> {
    try {
        await vscode.window.showTextDocument(location.uri, {
            selection: location.range,
            preview: true,
            preserveFocus,
        });
    } catch {
        // The file is gone, or a newer choice came in between.
    }
}
