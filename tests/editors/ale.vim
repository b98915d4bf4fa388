" Used as a user would use it: vim FILE, with docs/editors/vim in place of ~/.vim and Debian's ALE.
func! Check(ok, text)
  call writefile([(a:ok ? 'ok - ' : 'FAIL - ') . substitute(a:text, "\n", ' | ', 'g')], $PRINTED, 'a')
  if !a:ok
    call writefile(split(execute('messages'), "\n"), $PRINTED, 'a')
    cquit 1
  endif
endfunc

func! Eventually(text, Condition)
  for i in range(1200)
    if a:Condition() | break | endif
    sleep 50m
  endfor
  call Check(a:Condition(), a:text)
endfunc

func! Found(part)
  return filter(getloclist(0), {_, each -> each.text =~# a:part})
endfunc

" ALE asks by input(); this answers with the number of the action whose title fits, and keeps the menu.
func! Choose(title)
  let s:title = a:title
  let s:menu = ''
  runtime autoload/ale/util.vim
  func! ale#util#Input(message, value, ...)
    let s:menu = a:message
    return matchstr(a:message, '\d\+\ze) ' . s:title)
  endfunc
  ALECodeAction
  call Eventually('asked which action', {-> !empty(s:menu)})
  call Check(s:menu =~# a:title, 'menu: ' . s:menu)
endfunc

try
  call Check(&filetype ==# 'python', 'filetype ' . &filetype)
  call ale#Queue(0)
  call Eventually('the finding is shown', {-> !empty(Found('Autogenerate misses 2 tables'))})
  let s:finding = Found('Autogenerate misses 2 tables')[0]
  call Check(s:finding.lnum == 9, 'on line ' . s:finding.lnum)

  call cursor(s:finding.lnum, 1)
  ALEDetail
  let s:detail = join(getbufline('ALEPreviewWindow', 1, '$'), "\n")
  call Check(s:detail =~# 'alembic/env.py:6:', 'the chain is in the detail: ' . s:detail)
  pclose

  CucurbitTimeline app.main_simple:app
  call Eventually('the timeline is shown', {-> &filetype ==# 'cucurbit-timeline'})
  call Check(join(getline(1, '$')) =~# 'energy_events', 'with its tables')
  close

  let g:cucurbit_browser = 'cp -t ' . shellescape($HOME)
  CucurbitTimeline! app.main_simple:app
  call Eventually('the timeline page is opened', {-> !empty(glob($HOME . '/*.html'))})
  call Check(getfsize(glob($HOME . '/*.html')) > 1000, 'it is written')

  call Choose('Create app/models_all.py importing 3 model modules and route')
  call Eventually('the aggregator is created', {-> filereadable('app/models_all.py')})
  call Eventually('the finding is gone', {-> empty(Found('Autogenerate misses'))})

  edit app/models_domain.py
  call Eventually('findings of another file', {-> !empty(Found('reserved name'))})
  call cursor(Found('reserved name')[0].lnum, 5)
  call Choose('Rename Payout.metadata to metadata_')
  call Eventually('the attribute is renamed', {-> search('metadata_ = ', 'nw') > 0})
  write
  call Eventually('that finding is gone', {-> empty(Found('reserved name'))})
catch
  call Check(0, v:exception . ' at ' . v:throwpoint)
endtry
qall!
