import type { Analysed, Analysing } from './protocol.ts';

/** `1 table`, `2 tables`. */
export function times(count: number, noun: string): string {
    return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** All folders' last analyses in one line: `11 tables, 4 errors, 3 warnings`. */
export function summary(analyses: Iterable<Analysed>): string {
    let tables = 0;
    const counts: Record<string, number> = {};
    for (const each of analyses) {
        tables += each.tables;
        for (const [severity, count] of Object.entries(each.findings)) {
            counts[severity] = (counts[severity] ?? 0) + count;
        }
    }
    const parts = [times(tables, 'table')];
    const others = (counts.information ?? 0) + (counts.hint ?? 0);
    for (const [count, noun] of [
        [counts.error ?? 0, 'error'],
        [counts.warning ?? 0, 'warning'],
        [others, 'note'],
    ] as const) {
        if (count > 0) {
            parts.push(times(count, noun));
        }
    }
    return parts.length > 1 ? parts.join(', ') : `${parts[0]}, no findings`;
}

/** How much was seen in all folders: `11 of 12 tables registered, 1 of unknown name`, and what ends early. */
export function seen(analyses: Iterable<Analysed>): string {
    let declared = 0;
    let registered = 0;
    let unnamed = 0;
    const notes: string[] = [];
    for (const each of analyses) {
        declared += each.declared ?? 0;
        registered += each.registered ?? 0;
        unnamed += each.unnamed ?? 0;
        notes.push(...(each.notes ?? []));
    }
    const unknown = unnamed > 0 ? `, ${unnamed} of unknown name` : '';
    const tables = declared > 0 ? [`${registered} of ${times(declared, 'table')} registered${unknown}.`] : [];
    return [...tables, ...notes].join(' ');
}

export function progress(analysing: Analysing): string {
    return analysing.total > 0
        ? `analysing ${analysing.entry} (${analysing.done}/${analysing.total})`
        : 'reading files';
}

/** A dotted module name or the path of a module, as one may type it. */
export function isModule(text: string): boolean {
    const name = '[\\p{ID_Start}_]\\p{ID_Continue}*';
    const dotted = new RegExp(`^${name}(\\.${name})*$`, 'u');
    return text.endsWith('.py') ? /^[^/\\:*?"<>|]+(\/[^/\\:*?"<>|]+)*\.py$/.test(text) : dotted.test(text);
}

/** The index in UTF-16 of a column that counts code points. */
export function utf16(line: string, column: number): number {
    let index = 0;
    for (let count = 0; count < column && index < line.length; count++) {
        index += (line.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
    }
    return index;
}
