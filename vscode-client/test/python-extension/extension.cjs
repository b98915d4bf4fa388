const vscode = require('vscode');

exports.activate = () => {
    const changed = new vscode.EventEmitter();
    let selected = '';
    vscode.commands.registerCommand('standIn.select', path => {
        selected = path;
        changed.fire({ path });
    });
    return {
        ready: Promise.resolve(),
        environments: {
            getActiveEnvironmentPath: () => ({ id: selected, path: selected }),
            resolveEnvironment: async ({ path }) => ({ executable: { uri: path ? vscode.Uri.file(path) : undefined } }),
            onDidChangeActiveEnvironmentPath: changed.event,
        },
    };
};
