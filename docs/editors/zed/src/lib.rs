//! Starts `cucurbit serve`, which has to be on the PATH of the project's shell.

use zed_extension_api::{self as zed, LanguageServerId, Result};

struct Cucurbit;

impl zed::Extension for Cucurbit {
    fn new() -> Self {
        Cucurbit
    }

    fn language_server_command(&mut self, _: &LanguageServerId, worktree: &zed::Worktree) -> Result<zed::Command> {
        let command = worktree
            .which("cucurbit")
            .ok_or("Cucurbit is not installed: run `pipx install cucurbit`, then restart the language server.")?;
        Ok(zed::Command {
            command,
            args: vec!["serve".into()],
            env: worktree.shell_env(),
        })
    }
}

zed::register_extension!(Cucurbit);
