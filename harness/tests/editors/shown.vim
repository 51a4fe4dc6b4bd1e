" What Vim shows of every piece that `tokens` has told of, beside what it is.
"   vim -u NONE -es -S shown.vim, with SYNTAX (the folder that goes into 'runtimepath'), PIECES and SHOWN (files) in the
"   environment
" SHOWN gets a line for each piece that is shown as something else, and one with how many there are.

set nocompatible encoding=utf-8 nomodeline noswapfile maxmempattern=100000 synmaxcol=0 redrawtime=600000
execute 'set runtimepath=' . $SYNTAX . ',$VIMRUNTIME'
filetype plugin on
syntax on

" The other groups are of regions, of which their own bytes show nothing.
let s:classes = {'Comment': 'comment', 'Todo': 'comment', 'Declare': 'statement', 'Verb': 'statement',
      \ 'Keyword': 'keyword', 'Typing': 'keyword', 'Nesting': 'type', 'Origin': 'keyword', 'Property': 'keyword', 'Type': 'type',
      \ 'Kind': 'kind', 'Word1': 'word', 'Word2': 'word', 'Word3': 'word', 'BareWord': 'word', 'LineWord': 'word',
      \ 'PropertyWord': 'word', 'String': 'string', 'Library': 'string', 'Quoted1': 'string', 'Quoted2': 'string', 'Quoted3': 'string', 'Regex': 'regex', 'Escape': 'escape', 'Embedded': 'interpolation',
      \ 'Number': 'number', 'Constant': 'constant', 'Function': 'function', 'Attribute': 'attribute',
      \ 'Operator': 'operator'}
let s:known = {}

function s:shown(line, column) abort
  let id = synID(a:line, a:column, 1)
  if !has_key(s:known, id)
    let group = substitute(synIDattr(id, 'name'), '^sockdrill', '', '')
    let s:known[id] = group =~# '^Own_' ? 'keyword' : get(s:classes, group, 'name')
  endif
  return s:known[id]
endfunction

let s:wrong = []
let s:count = 0
let s:open = ''
for s:row in readfile($PIECES)
  let [s:path, s:line, s:start, s:end, s:class] = split(s:row, "\t")
  if s:path !=# s:open
    execute 'edit! ' . fnameescape(s:path)
    if &filetype !=# 'sockdrill' || &commentstring !=# '# %s'
      call add(s:wrong, s:path . ': not known as a scenario')
    endif
    let s:open = s:path
  endif
  let s:count += 1
  " A piece's first byte, its last, and one between.
  for s:column in uniq([s:start + 1, (s:start + s:end + 1) / 2, s:end + 0])
    let s:other = s:shown(s:line, s:column)
    if s:other !=# s:class && !(s:class ==# 'operator' && s:other ==# 'name')
      let s:piece = strpart(getline(s:line), s:start, s:end - s:start)
      call add(s:wrong, printf('%s:%d:%d: `%s` is %s, and shown as %s', s:path, s:line, s:column, s:piece, s:class, s:other))
      break
    endif
  endfor
endfor
call writefile(s:wrong + [printf('%d pieces, %d shown as something else', s:count, len(s:wrong))], $SHOWN)
qall!
