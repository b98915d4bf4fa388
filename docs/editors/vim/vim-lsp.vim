" Cucurbit for vim-lsp. Goes to ~/.vimrc, after vim-lsp is loaded. Written from its documentation.
if executable('cucurbit')
  augroup cucurbit_vim_lsp
    autocmd!
    autocmd User lsp_setup call lsp#register_server({
    \ 'name': 'cucurbit',
    \ 'cmd': {_ -> ['cucurbit', 'serve']},
    \ 'allowlist': ['python'],
    \ 'root_uri': {_ -> lsp#utils#path_to_uri(lsp#utils#find_nearest_parent_file_directory(
    \   lsp#utils#get_buffer_path(), ['pyproject.toml', 'cucurbit.toml', 'alembic.ini', '.git/']))},
    \ 'workspace_config': {'cucurbit': {}},
    \ })
  augroup END
endif
