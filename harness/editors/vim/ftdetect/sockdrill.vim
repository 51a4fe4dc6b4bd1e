autocmd BufNewFile,BufRead *.drill setfiletype sockdrill
