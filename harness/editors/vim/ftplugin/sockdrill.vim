" Vim filetype plugin file
" Language: sockdrill scenarios, *.drill

if exists("b:did_ftplugin")
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:# commentstring=#\ %s
setlocal expandtab shiftwidth=2 softtabstop=2 autoindent
" Where gf and <C-w>f look for what `use` and `file` name: beside the scenario.
setlocal path^=.
" :make says what is wrong with the file, and :copen shows where.
setlocal makeprg=sockdrill\ check\ %:S
setlocal errorformat=%E%f:%l:%c:\ error:\ %m,%W%f:%l:%c:\ warning:\ %m,%-G%.%#

let b:undo_ftplugin = "setlocal comments< commentstring< expandtab< shiftwidth< softtabstop< autoindent< path< makeprg< errorformat<"
