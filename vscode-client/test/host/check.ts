/** Tests that run inside the extension host: registered by `check`, run one after the other by `run`. */
import * as vscode from 'vscode';

const PATIENCE = 180_000;
const checks: { readonly name: string; readonly body: () => Promise<void> }[] = [];

export function check(name: string, body: () => Promise<void>): void {
    checks.push({ name, body });
}

/** What VS Code calls; it fails where a test does. */
export async function run(): Promise<void> {
    const failed: string[] = [];
    for (const { name, body } of checks) {
        const start = Date.now();
        try {
            await inTime(body());
            console.log(`  ✔ ${name} (${Date.now() - start}ms)`);
        } catch (error) {
            failed.push(name);
            console.log(`  ✖ ${name}\n${error instanceof Error ? error.stack : String(error)}`);
        }
    }
    console.log(`  ${checks.length} tests in the extension host, ${failed.length} failed`);
    if (failed.length > 0) {
        throw new Error(`failed: ${failed.join('; ')}`);
    }
}

async function inTime(work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('it took too long')), 5 * PATIENCE);
    });
    await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Waits for what an event tells of; asks at the beginning, at every event, and now and then. */
export async function until<T>(what: string, holds: () => T | undefined | false): Promise<T> {
    const end = Date.now() + PATIENCE;
    while (Date.now() < end) {
        const found = holds();
        if (found !== undefined && found !== false) {
            return found;
        }
        await new Promise(resolve => setTimeout(resolve, 50));
    }
    throw new Error(`waited in vain for ${what}`);
}

export function file(path: string): vscode.Uri {
    const folder = vscode.workspace.workspaceFolders?.[0];
    if (folder === undefined) {
        throw new Error('no folder is open');
    }
    return vscode.Uri.joinPath(folder.uri, path);
}

/** The rules of the findings that are shown for a file. */
export function findings(path: string): string[] {
    return vscode.languages
        .getDiagnostics(file(path))
        .filter(each => each.source === 'cucurbit')
        .map(each => String(typeof each.code === 'object' ? each.code.value : each.code));
}
