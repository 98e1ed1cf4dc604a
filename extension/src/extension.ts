/** Called by VS Code once it has started. The tree views and chat panels are built here. */
export function activate(): void {}

/** Called by VS Code before the extension host ends. */
export function deactivate(): void {}
