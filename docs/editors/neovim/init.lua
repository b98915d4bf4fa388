-- What init.lua needs for Neovim 0.11 and newer, besides lsp/cucurbit.lua.
vim.lsp.enable("cucurbit")
