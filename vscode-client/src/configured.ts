/** What this module needs of VS Code's configuration. */
export interface Section {
    inspect(
        name: string,
    ):
        | { readonly globalValue?: unknown; readonly workspaceValue?: unknown; readonly workspaceFolderValue?: unknown }
        | undefined;
}

/**
 * The settings that somebody has set, as a plain object. A default only says what the settings page shows: where nothing is set,
 * the project's files decide. An empty text is what that page leaves behind, and counts as not set.
 *
 * `declared` are the names of the extension's settings, without the section.
 */
export function configured(section: Section, declared: readonly string[]): Record<string, unknown> {
    const under = (prefix: string, values: object): Record<string, unknown> => {
        const found: Record<string, unknown> = {};
        for (const [key, value] of Object.entries(values)) {
            const name = prefix + key;
            const isGroup = declared.some(each => each.startsWith(`${name}.`));
            if (isGroup && typeof value === 'object' && value !== null && !Array.isArray(value)) {
                found[key] = under(`${name}.`, value);
            } else if (value !== '' && isSet(section, name)) {
                found[key] = value;
            }
        }
        return found;
    };
    // What the configuration answers is a proxy of a plain object.
    return under('', JSON.parse(JSON.stringify(section)) as object);
}

function isSet(section: Section, name: string): boolean {
    const { globalValue, workspaceValue, workspaceFolderValue } = section.inspect(name) ?? {};
    return [globalValue, workspaceValue, workspaceFolderValue].some(value => value !== undefined);
}
