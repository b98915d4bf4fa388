/** Where the project's pages are. */
export const PROJECT = 'https://github.com/cucurbit-lsp/cucurbit';
export const DOCS = `${PROJECT}/tree/main/vscode-client#readme`;
