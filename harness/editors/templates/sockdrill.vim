" Vim syntax file
" Language: sockdrill scenarios, *.drill
" Written by `harness/dev reference` from the program's tables; the words between them stand in harness/editors/templates.

if exists("b:current_syntax")
  finish
endif
let s:cpo = &cpo
set cpo&vim

syn case match
syn sync fromstart

syn match sockdrillComment /#.*/ contains=sockdrillTodo
syn keyword sockdrillTodo contained TODO FIXME XXX

" --- operands; of what may begin at the same place, the last wins

syn match sockdrillName contained /\<[A-Za-z_][A-Za-z0-9_]*\>/
syn match sockdrillOperator contained /->\|==\|!=\|<=\|>=\|\.\.\.\=\|[-=<>~+*\/%?:]/
syn region sockdrillParens contained start=/(/ end=/)/ contains=@sockdrillExpression
syn region sockdrillBrackets contained start=/\[/ end=/\]/ contains=@sockdrillExpression
syn match sockdrillNumber contained /\<\d[0-9_]*\%(\.\d\+\)\=\%([eE][-+]\=\d\+\)\=[A-Za-z]*/
syn match sockdrillNumber contained /\<0[xX][0-9A-Fa-f_]\+/
syn match sockdrillNumber contained /\<\d\+\.\d\+\.\d\+\.\d\+\%(:\d\+\)\=/
syn match sockdrillNumber contained /[A-Za-z0-9_)\]"']\@1<!\[[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f.:]*\]\%(:\d\+\)\=/
syn match sockdrillRegex contained /\%(\~[ \t]*\)\@<=\/\%([^\/\\[]\|\\.\|\[^\=\]\=\%([^\]\\]\|\\.\)*\]\)*\//

syn match sockdrillConstant contained /\<\%({{constants:\|}}\|{{numbers:\|}}\)\>(\@!/
syn match sockdrillAttribute contained /\<\%({{attributes:\|}}\)\>/
syn match sockdrillFunction contained /\.\@1<!\<\%({{functions:\|}}\)(\@=/
syn match sockdrillFunction contained /\.\@1<!\<file\ze[ \t]*["']/
syn match sockdrillType contained /\.\@1<!\<\%({{types:\|}}\)\>/
syn match sockdrillMember contained /\.\@1<=[A-Za-z_][A-Za-z0-9_]*(\@=/
syn match sockdrillAttribute contained /\<\%({{attributes:\|}}\)(\@=/

" A message's value, and its fields.
syn region sockdrillValue contained matchgroup=sockdrillName start=/\%(\<[A-Za-z_][A-Za-z0-9_]*\.\)\=\<[A-Za-z_][A-Za-z0-9_]*[ \t]*{/ end=/}/ contains=sockdrillComment,sockdrillField
syn region sockdrillField contained matchgroup=sockdrillName start=/\<[A-Za-z_][A-Za-z0-9_]*/ end=/,/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression

" An endpoint's kind, and the words behind it.
{{for kinds}}
syn match sockdrillKind contained /\.\@1<!\<{{word}}\>(\@!/ nextgroup=sockdrillWord{{count}},sockdrillQuoted{{count}} skipwhite
{{end}}
syn match sockdrillWord1 contained excludenl /\%(\%({{keywords:\|}}\)\%([[:blank:],){}#]\|$\)\)\@!\%(\[[^][:blank:]]*\]\|[^][:blank:],(){}#["']\)\%(\[[^][:blank:]]*\]\|[^][:blank:],){}#[]\)*/
syn match sockdrillWord2 contained excludenl /\%(\%({{keywords:\|}}\)\%([[:blank:],){}#]\|$\)\)\@!\%(\[[^][:blank:]]*\]\|[^][:blank:],(){}#["']\)\%(\[[^][:blank:]]*\]\|[^][:blank:],){}#[]\)*/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillWord3 contained excludenl /\%(\%({{keywords:\|}}\)\%([[:blank:],){}#]\|$\)\)\@!\%(\[[^][:blank:]]*\]\|[^][:blank:],(){}#["']\)\%(\[[^][:blank:]]*\]\|[^][:blank:],){}#[]\)*/ nextgroup=sockdrillWord2,sockdrillQuoted2 skipwhite
syn region sockdrillQuoted1 contained start=/"/ end=/"/ excludenl end=/$/ contains=sockdrillEscape,sockdrillInterpolation
syn region sockdrillQuoted2 contained start=/"/ end=/"/ excludenl end=/$/ contains=sockdrillEscape,sockdrillInterpolation nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn region sockdrillQuoted3 contained start=/"/ end=/"/ excludenl end=/$/ contains=sockdrillEscape,sockdrillInterpolation nextgroup=sockdrillWord2,sockdrillQuoted2 skipwhite
syn region sockdrillQuoted1 contained start=/'/ end=/'/ excludenl end=/$/
syn region sockdrillQuoted2 contained start=/'/ end=/'/ excludenl end=/$/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn region sockdrillQuoted3 contained start=/'/ end=/'/ excludenl end=/$/ nextgroup=sockdrillWord2,sockdrillQuoted2 skipwhite

" The words that never name a value; behind a point they may.
syn match sockdrillKeyword contained /\.\@1<!\<\%({{keywords:\|}}\)\>/
syn match sockdrillKeyword contained /\.\@1<!\<as\>/ nextgroup=sockdrillNewName skipwhite
syn match sockdrillKeyword contained /\<for\ze\s\+[A-Za-z_][A-Za-z0-9_]*\s\+in\>/ nextgroup=sockdrillNewName skipwhite
syn match sockdrillNewName contained /\<[A-Za-z_][A-Za-z0-9_]*\>/

syn region sockdrillString contained start=/"/ end=/"/ excludenl end=/$/ contains=sockdrillEscape,sockdrillInterpolation
syn region sockdrillString contained start=/'/ end=/'/ excludenl end=/$/
syn region sockdrillString contained start=/\%(\<crlf\)\="""/ end=/"""/ contains=sockdrillEscape,sockdrillInterpolation
syn region sockdrillString contained start=/\<hex"/ end=/"/
syn match sockdrillEscape contained /\\\%(x\x\{2}\|u\x\{4}\|U\x\{8}\|.\|$\)/
syn region sockdrillInterpolation contained matchgroup=sockdrillEmbedded start=/\${/ end=/}/ contains=@sockdrillExpression

syn cluster sockdrillOperand contains=sockdrillComment,sockdrillString,sockdrillName,sockdrillOperator,sockdrillParens,sockdrillBrackets,sockdrillNumber,sockdrillRegex,sockdrillConstant,sockdrillAttribute,sockdrillMember,sockdrillFunction,sockdrillType,sockdrillKind,sockdrillKeyword
syn cluster sockdrillExpression contains=@sockdrillOperand,sockdrillValue

" --- steps

" The name that a statement or a declaration gives, behind its word.
syn match sockdrillGiven contained /\%(\<\%({{named:\|}}\)[ \t]\+\)\@32<=\<[A-Za-z_][A-Za-z0-9_]*\>/
syn match sockdrillActor contained /\%(\<\%({{actors:\|}}\|certificate\)[ \t]\+\)\@32<=\<[A-Za-z_][A-Za-z0-9_]*\>/

syn region sockdrillBlock contained start=/{/ end=/}/ contains=sockdrillComment,sockdrillCall,sockdrillStep,sockdrillHead
syn region sockdrillCall contained start=/\<[A-Za-z_]/rs=s end=/$/ end=/}/me=s-1 contains=@sockdrillExpression
{{for steps}}
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<{{word}}\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_{{word}}
syn match sockdrillOwn_{{word}} contained /\.\@1<!\<\%({{own:\|}}\)\>\%([(.]\|\s*:\)\@!/
syn match sockdrillOwn_{{word}} contained /\.\@1<!\<\({{own:\|}}\)\ze[ \t]\+\1\>/ nextgroup=sockdrillAttribute skipwhite
{{end}}
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<\%(resolve\|user\)\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillBareWord
syn match sockdrillBareWord contained excludenl /\%(\<\%(resolve\|user\|file\)[ \t]\+\)\@32<=\%(\%({{keywords:\|}}\)\%([[:blank:],){}#]\|$\)\)\@![^[:blank:],){}#"'][^[:blank:],){}#]*/
{{for blocks}}
syn region sockdrillHead contained matchgroup=sockdrillVerb start=/\<{{word}}\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillOperand,sockdrillBlock,sockdrillGiven,sockdrillOwn_{{word}}
syn match sockdrillOwn_{{word}} contained /\.\@1<!\<\%({{own:\|}}\)\>\%([(.]\|\s*:\)\@!/
{{end}}

" --- declarations

{{for declarations}}
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<{{word}}\>/ end=/$/ contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_{{word}}
syn match sockdrillOwn_{{word}} contained /\.\@1<!\<\%({{own:\|}}\)\>\%([(.]\|\s*:\)\@!/
{{end}}
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<use\>/ end=/$/ contains=@sockdrillExpression,sockdrillLibrary,sockdrillOwn_use
syn match sockdrillLibrary contained /\%(\<use\>[ \t]*\)\@32<=<[^>]*>/
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<tags\>/ end=/$/ contains=sockdrillComment
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<requires\>/ end=/$/ contains=sockdrillComment,sockdrillString,sockdrillOwn_requires
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<\%({{actors:\|}}\)\>/ end=/$/ contains=@sockdrillOperand,sockdrillBlock,sockdrillActor
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<procedure\>/ end=/$/ contains=sockdrillComment,sockdrillBlock,sockdrillParameters,sockdrillActor
syn region sockdrillParameters contained start=/(/ end=/)/ contains=sockdrillComment

" The layout of a message: the first word of a line is a field.
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<message\>/ end=/$/ contains=sockdrillComment,sockdrillFields
syn region sockdrillFields contained start=/{/ end=/}/ contains=sockdrillComment,sockdrillLayout,sockdrillOrigin
syn region sockdrillLayout contained matchgroup=sockdrillName start=/\<[A-Za-z_][A-Za-z0-9_]*/ end=/$/ end=/}/me=s-1 contains=@sockdrillType
syn match sockdrillOrigin contained excludenl /\<origin\>\ze[ \t]*\%($\|[#}]\)/
syn cluster sockdrillType contains=@sockdrillExpression,sockdrillTyping,sockdrillSwitch,sockdrillNesting
syn match sockdrillTyping contained /\.\@1<!\<\%(when\|where\|default\|else\)\>[(.]\@!/
syn match sockdrillNesting contained /\.\@1<!\<\%(list\|sized\)\ze(/ nextgroup=sockdrillNested
syn region sockdrillNested contained matchgroup=sockdrillOperator start=/(/ end=/)/ contains=@sockdrillType
syn region sockdrillSwitch contained matchgroup=sockdrillTyping start=/\.\@1<!\<switch\>\%(\s*\.\)\@!/ end=/$/ end=/}\@1<=/ contains=@sockdrillOperand,sockdrillArms
syn region sockdrillArms contained start=/{/ end=/}/ contains=@sockdrillType

" --- the world

syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<world\>/ end=/$/ contains=sockdrillComment,sockdrillWorld
syn region sockdrillWorld contained start=/{/ end=/}/ contains=sockdrillComment,sockdrillLine
syn region sockdrillLine contained matchgroup=sockdrillVerb start=/\<\%({{world:\|}}\)\>/ end=/$/ end=/}/me=s-1 contains=sockdrillComment,sockdrillLineWord,sockdrillString
syn match sockdrillLineWord contained /[^[:blank:],){}#"'][^[:blank:],){}#]*/
syn region sockdrillLine contained matchgroup=sockdrillVerb start=/\<file\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillBareWord
syn region sockdrillLine contained matchgroup=sockdrillVerb start=/\<certificate\>/ end=/$/ end=/}/me=s-1 contains=sockdrillComment,sockdrillCertificate,sockdrillActor
syn region sockdrillCertificate contained start=/{/ end=/}/ contains=@sockdrillExpression,sockdrillProperty,sockdrillPropertyWord
{{for world}}
syn match sockdrillProperty contained /\<\%({{own:\|}}\)\>/
{{end}}
syn match sockdrillPropertyWord contained /\%(\<\%(name\|file\|key\)[ \t]\+\|,[ \t]*\)\@32<=[^[:blank:],){}#"'][^[:blank:],){}#]*/

" --- colours

hi def link sockdrillComment Comment
hi def link sockdrillTodo Todo
hi def link sockdrillDeclare Keyword
hi def link sockdrillVerb Statement
hi def link sockdrillKeyword Keyword
hi def link sockdrillTyping Keyword
hi def link sockdrillOrigin Keyword
hi def link sockdrillProperty Keyword
{{for declarations}}
hi def link sockdrillOwn_{{word}} Keyword
{{end}}
{{for steps}}
hi def link sockdrillOwn_{{word}} Keyword
{{end}}
{{for blocks}}
hi def link sockdrillOwn_{{word}} Keyword
{{end}}
hi def link sockdrillType Type
hi def link sockdrillNesting Type
hi def link sockdrillKind Structure
hi def link sockdrillWord1 String
hi def link sockdrillWord2 String
hi def link sockdrillWord3 String
hi def link sockdrillBareWord String
hi def link sockdrillLineWord String
hi def link sockdrillPropertyWord String
hi def link sockdrillString String
hi def link sockdrillLibrary String
hi def link sockdrillQuoted1 String
hi def link sockdrillQuoted2 String
hi def link sockdrillQuoted3 String
hi def link sockdrillRegex SpecialChar
hi def link sockdrillEscape SpecialChar
hi def link sockdrillEmbedded Special
hi def link sockdrillNumber Number
hi def link sockdrillConstant Constant
hi def link sockdrillFunction Function
hi def link sockdrillAttribute Identifier
hi def link sockdrillOperator Operator

let b:current_syntax = "sockdrill"
let &cpo = s:cpo
unlet s:cpo
