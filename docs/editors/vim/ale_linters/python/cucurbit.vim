" Cucurbit for ALE. Goes to ~/.vim/ale_linters/python/cucurbit.vim.

call ale#Set('python_cucurbit_executable', 'cucurbit')
call ale#Set('python_cucurbit_settings', {})

" The nearest folder that holds one of these, as on the command line; without any the server is not started.
function! ale_linters#python#cucurbit#Root(buffer) abort
  for l:folder in ale#path#Upwards(expand('#' . a:buffer . ':p:h'))
    for l:marker in ['pyproject.toml', 'cucurbit.toml', 'alembic.ini', '.git']
      if filereadable(l:folder . '/' . l:marker) || isdirectory(l:folder . '/' . l:marker)
        return l:folder
      endif
    endfor
  endfor
  return ''
endfunction

" Without a source in its diagnostics :ALEDetail shows how a finding comes about.
function! ale_linters#python#cucurbit#Options(buffer) abort
  return {'diagnosticSource': v:false, 'settings': ale#Var(a:buffer, 'python_cucurbit_settings')}
endfunction

call ale#linter#Define('python', {
\ 'name': 'cucurbit',
\ 'lsp': 'stdio',
\ 'executable': {buffer -> ale#Var(buffer, 'python_cucurbit_executable')},
\ 'command': '%e serve',
\ 'project_root': function('ale_linters#python#cucurbit#Root'),
\ 'initialization_options': function('ale_linters#python#cucurbit#Options'),
\})
