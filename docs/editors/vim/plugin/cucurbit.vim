" Cucurbit's commands for Vim with ALE. Goes to ~/.vim/plugin/cucurbit.vim.

" The server writes files itself where ALE cannot change them; this reads them again into Vim.
set autoread
augroup cucurbit
  autocmd!
  autocmd CursorHold,BufEnter *.py silent! checktime
augroup END

function! s:Target() abort
  return {'root': ale_linters#python#cucurbit#Root(bufnr(''))}
endfunction

" Runs a command of the server and gives its result to Done.
function! s:Execute(command, target, Done) abort
  let l:message = ale#lsp#message#ExecuteCommand(a:command, [a:target])
  call ale#lsp_linter#SendRequest(bufnr(''), 'cucurbit', l:message, {answer -> s:Answered(answer, a:Done)})
endfunction

function! s:Answered(answer, Done) abort
  if has_key(a:answer, 'error')
    echohl ErrorMsg | echomsg 'Cucurbit: ' . a:answer.error.message | echohl None
  else
    call a:Done(get(a:answer, 'result'))
  endif
endfunction

function! s:Changed(result) abort
  checktime
  if type(a:result) == v:t_dict && !get(a:result, 'applied', 1)
    echomsg 'Cucurbit: ' . a:result.reason
  endif
endfunction

function! s:Show(text) abort
  botright new
  setlocal buftype=nofile bufhidden=wipe noswapfile
  call setline(1, split(a:text, "\n"))
  setlocal nomodifiable filetype=cucurbit-timeline
endfunction

function! s:ShowPage(page) abort
  let l:file = tempname() . '.html'
  call writefile([a:page.html], l:file)
  let l:opener = has('mac') ? 'open' : has('win32') ? 'start' : 'xdg-open'
  call system((exists('g:cucurbit_browser') ? g:cucurbit_browser : l:opener) . ' ' . shellescape(l:file))
  if v:shell_error
    echomsg 'Cucurbit: no browser could be started. Open ' . l:file . ', or set g:cucurbit_browser.'
  endif
endfunction

function! s:Timeline(entry, is_page) abort
  let l:target = empty(a:entry) ? s:Target() : extend(s:Target(), {'entry': a:entry})
  if a:is_page
    call s:Execute('cucurbit.timelinePage', extend(l:target, {'show': v:false}), function('s:ShowPage'))
  else
    call s:Execute('cucurbit.showTimeline', l:target, function('s:Show'))
  endif
endfunction

command! -nargs=? -bang CucurbitTimeline call s:Timeline(<q-args>, <bang>0)
command! CucurbitCreateAggregator call s:Execute('cucurbit.createAggregator', s:Target(), function('s:Changed'))
command! CucurbitRouteImports
\ call s:Execute('cucurbit.routeImports', {'uri': ale#path#ToFileURI(expand('%:p'))}, function('s:Changed'))
command! CucurbitRestart call s:Execute('cucurbit.restartAnalysis', s:Target(), {_ -> 0})
