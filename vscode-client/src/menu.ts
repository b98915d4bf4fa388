/** The command that a click on the status gives, without its prefix. */
export const MENU = 'showMenu';

/** What a click on the status offers: a command, and how it looks. */
export interface Choice {
    readonly label: string;
    readonly command: string;
    readonly arguments: readonly unknown[];
}

function choice(icon: string, title: string, command: string, ...given: readonly unknown[]): Choice {
    return { label: `$(${icon}) ${title}`, command, arguments: given };
}

/** The choices while the server runs, and those that are there without it. */
export function choices(isRunning: boolean, extension: string): Choice[] {
    const asking = [
        choice('list-tree', 'Show Tables and Timelines', 'cucurbit.openRegistration'),
        choice('graph', 'Show Timeline', 'cucurbit.showTimeline'),
        choice('type-hierarchy', 'Show Schema', 'cucurbit.showSchema'),
        choice('refresh', 'Reanalyse Workspace', 'cucurbit.restartAnalysis'),
    ];
    return [
        ...(isRunning ? asking : []),
        choice('debug-restart', isRunning ? 'Restart Server' : 'Start Server', 'cucurbit.restart'),
        choice('output', 'Show Log', 'cucurbit.showLog'),
        choice('gear', 'Open Settings', 'workbench.action.openSettings', `@ext:${extension}`),
        choice('clippy', 'Copy Debug Information', 'cucurbit.copyDebugInformation'),
    ];
}
