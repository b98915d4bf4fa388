/** How a server's version stands to the extension's. */
export type Standing = 'same' | 'older' | 'newer' | 'unknown';

/**
 * The two belong together where major and minor agree; a patch may differ.
 */
export function standing(server: string, extension: string): Standing {
    const theirs = numbers(server);
    const ours = numbers(extension);
    if (theirs === undefined || ours === undefined) {
        return 'unknown';
    }
    for (let index = 0; index < 2; index++) {
        const difference = (theirs[index] ?? 0) - (ours[index] ?? 0);
        if (difference !== 0) {
            return difference < 0 ? 'older' : 'newer';
        }
    }
    return 'same';
}

function numbers(version: string): number[] | undefined {
    const found = /^v?(\d+)\.(\d+)/.exec(version.trim());
    return found ? [Number(found[1]), Number(found[2])] : undefined;
}
