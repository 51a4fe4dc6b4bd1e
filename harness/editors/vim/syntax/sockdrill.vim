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

syn match sockdrillConstant contained /\<\%(ESTABLISHED\|SYN_SENT\|SYN_RECV\|FIN_WAIT1\|FIN_WAIT2\|TIME_WAIT\|CLOSE\|CLOSE_WAIT\|LAST_ACK\|LISTEN\|CLOSING\|AF_UNSPEC\|AF_UNIX\|AF_INET\|AF_INET6\|AF_PACKET\|AF_NETLINK\|AF_CAN\|AF_BLUETOOTH\|AF_VSOCK\|AF_ALG\|AF_TIPC\|AF_XDP\|SOCK_STREAM\|SOCK_DGRAM\|SOCK_RAW\|SOCK_RDM\|SOCK_SEQPACKET\|IPPROTO_IP\|IPPROTO_ICMP\|IPPROTO_IGMP\|IPPROTO_TCP\|IPPROTO_UDP\|IPPROTO_DCCP\|IPPROTO_IPV6\|IPPROTO_ICMPV6\|IPPROTO_SCTP\|IPPROTO_UDPLITE\|IPPROTO_RAW\|IPPROTO_MPTCP\|ETH_P_ALL\|ETH_P_IP\|ETH_P_ARP\|ETH_P_IPV6\|ETH_P_8021Q\|CAN_RAW\|CAN_BCM\|CAN_ISOTP\|IPTOS_LOWDELAY\|IPTOS_THROUGHPUT\|IPTOS_RELIABILITY\|IP_PMTUDISC_DONT\|IP_PMTUDISC_WANT\|IP_PMTUDISC_DO\|IP_PMTUDISC_PROBE\|SOMAXCONN\|INADDR_ANY\|INADDR_LOOPBACK\|INADDR_BROADCAST\|SO_ACCEPTCONN\|SO_BROADCAST\|SO_BUSY_POLL\|SO_BUSY_POLL_BUDGET\|SO_DEBUG\|SO_DOMAIN\|SO_DONTROUTE\|SO_ERROR\|SO_INCOMING_CPU\|SO_INCOMING_NAPI_ID\|SO_KEEPALIVE\|SO_LOCK_FILTER\|SO_MARK\|SO_MAX_PACING_RATE\|SO_NOFCS\|SO_NO_CHECK\|SO_OOBINLINE\|SO_PASSCRED\|SO_PASSSEC\|SO_PEEK_OFF\|SO_PREFER_BUSY_POLL\|SO_PRIORITY\|SO_PROTOCOL\|SO_RCVBUF\|SO_RCVBUFFORCE\|SO_RCVLOWAT\|SO_REUSEADDR\|SO_REUSEPORT\|SO_RXQ_OVFL\|SO_SELECT_ERR_QUEUE\|SO_SNDBUF\|SO_SNDBUFFORCE\|SO_SNDLOWAT\|SO_TIMESTAMP\|SO_TIMESTAMPING\|SO_TIMESTAMPNS\|SO_TYPE\|SO_WIFI_STATUS\|SO_ZEROCOPY\|TCP_CORK\|TCP_DEFER_ACCEPT\|TCP_FASTOPEN\|TCP_FASTOPEN_CONNECT\|TCP_FASTOPEN_NO_COOKIE\|TCP_INQ\|TCP_KEEPCNT\|TCP_KEEPIDLE\|TCP_KEEPINTVL\|TCP_LINGER2\|TCP_MAXSEG\|TCP_NODELAY\|TCP_NOTSENT_LOWAT\|TCP_QUICKACK\|TCP_SAVE_SYN\|TCP_SYNCNT\|TCP_THIN_DUPACK\|TCP_THIN_LINEAR_TIMEOUTS\|TCP_TIMESTAMP\|TCP_TX_DELAY\|TCP_USER_TIMEOUT\|TCP_WINDOW_CLAMP\|IP_BIND_ADDRESS_NO_PORT\|IP_FREEBIND\|IP_HDRINCL\|IP_MINTTL\|IP_MTU\|IP_MTU_DISCOVER\|IP_MULTICAST_ALL\|IP_MULTICAST_LOOP\|IP_MULTICAST_TTL\|IP_NODEFRAG\|IP_PKTINFO\|IP_RECVERR\|IP_RECVTOS\|IP_RECVTTL\|IP_TOS\|IP_TRANSPARENT\|IP_TTL\|IPV6_DONTFRAG\|IPV6_FREEBIND\|IPV6_MTU\|IPV6_MTU_DISCOVER\|IPV6_MULTICAST_HOPS\|IPV6_MULTICAST_LOOP\|IPV6_RECVERR\|IPV6_RECVHOPLIMIT\|IPV6_RECVPKTINFO\|IPV6_RECVTCLASS\|IPV6_TCLASS\|IPV6_TRANSPARENT\|IPV6_UNICAST_HOPS\|IPV6_V6ONLY\|none\|true\|false\|crlf\|EPERM\|ENOENT\|ESRCH\|EINTR\|EIO\|ENXIO\|E2BIG\|ENOEXEC\|EBADF\|ECHILD\|EAGAIN\|ENOMEM\|EACCES\|EFAULT\|ENOTBLK\|EBUSY\|EEXIST\|EXDEV\|ENODEV\|ENOTDIR\|EISDIR\|EINVAL\|ENFILE\|EMFILE\|ENOTTY\|ETXTBSY\|EFBIG\|ENOSPC\|ESPIPE\|EROFS\|EMLINK\|EPIPE\|EDOM\|ERANGE\|EDEADLK\|ENAMETOOLONG\|ENOLCK\|ENOSYS\|ENOTEMPTY\|ELOOP\|ENOMSG\|EIDRM\|ECHRNG\|EL2NSYNC\|EL3HLT\|EL3RST\|ELNRNG\|EUNATCH\|ENOCSI\|EL2HLT\|EBADE\|EBADR\|EXFULL\|ENOANO\|EBADRQC\|EBADSLT\|EBFONT\|ENOSTR\|ENODATA\|ETIME\|ENOSR\|ENONET\|ENOPKG\|EREMOTE\|ENOLINK\|EADV\|ESRMNT\|ECOMM\|EPROTO\|EMULTIHOP\|EDOTDOT\|EBADMSG\|EOVERFLOW\|ENOTUNIQ\|EBADFD\|EREMCHG\|ELIBACC\|ELIBBAD\|ELIBSCN\|ELIBMAX\|ELIBEXEC\|EILSEQ\|ERESTART\|ESTRPIPE\|EUSERS\|ENOTSOCK\|EDESTADDRREQ\|EMSGSIZE\|EPROTOTYPE\|ENOPROTOOPT\|EPROTONOSUPPORT\|ESOCKTNOSUPPORT\|EOPNOTSUPP\|EPFNOSUPPORT\|EAFNOSUPPORT\|EADDRINUSE\|EADDRNOTAVAIL\|ENETDOWN\|ENETUNREACH\|ENETRESET\|ECONNABORTED\|ECONNRESET\|ENOBUFS\|EISCONN\|ENOTCONN\|ESHUTDOWN\|ETOOMANYREFS\|ETIMEDOUT\|ECONNREFUSED\|EHOSTDOWN\|EHOSTUNREACH\|EALREADY\|EINPROGRESS\|ESTALE\|EUCLEAN\|ENOTNAM\|ENAVAIL\|EISNAM\|EREMOTEIO\|EDQUOT\|ENOMEDIUM\|EMEDIUMTYPE\|ECANCELED\|ENOKEY\|EKEYEXPIRED\|EKEYREVOKED\|EKEYREJECTED\|EOWNERDEAD\|ENOTRECOVERABLE\|ERFKILL\|EHWPOISON\|EWOULDBLOCK\|EDEADLOCK\|ENOTSUP\|SIGHUP\|SIGINT\|SIGQUIT\|SIGILL\|SIGTRAP\|SIGABRT\|SIGBUS\|SIGFPE\|SIGKILL\|SIGUSR1\|SIGSEGV\|SIGUSR2\|SIGPIPE\|SIGALRM\|SIGTERM\|SIGSTKFLT\|SIGCHLD\|SIGCONT\|SIGSTOP\|SIGTSTP\|SIGTTIN\|SIGTTOU\|SIGURG\|SIGXCPU\|SIGXFSZ\|SIGVTALRM\|SIGPROF\|SIGWINCH\|SIGPOLL\|SIGPWR\|SIGSYS\)\>(\@!/
syn match sockdrillAttribute contained /\<\%(fd\|family\|type\|protocol\|local\|peer\|state\|lifecycle\|sent\|received\|unread\|error\|sender\|peer_pid\|peer_uid\|option\|tcp\|tls\|version\|cipher\|alpn\|peer_name\|address\|done\|thread\|accepted\|open_sockets\|pid\|exit\|open_fds\|sockets\|scratch\|ca_file\)\>/
syn match sockdrillFunction contained /\.\@1<!\<\%(file\|repeat\|zeros\|random\|counter\|len\|size\|decimal\|hexadecimal\|int\|min\|max\|text\|upper\|lower\|slice\|find\|replace\|cut\|join\|header\|xor\|crc32\|crc32c\|md5\|sha1\|sha256\|base64\|unbase64\|hex\|exists\|env\|free_port\)(\@=/
syn match sockdrillFunction contained /\.\@1<!\<file\ze[ \t]*["']/
syn match sockdrillType contained /\.\@1<!\<\%(u8\|i8\|u16be\|u16le\|u24be\|u24le\|u32be\|u32le\|u64be\|u64le\|i16be\|i16le\|i24be\|i24le\|i32be\|i32le\|i64be\|i64le\|f32be\|f32le\|f64be\|f64le\|address4\|address6\|bit\|bits\|leb128\|quic_varint\|bytes\|text\|until\|cstring\|line\|rest\|masked\|domain_name\|compressed_name\|sized\|list\)\>/
syn match sockdrillMember contained /\.\@1<=[A-Za-z_][A-Za-z0-9_]*(\@=/
syn match sockdrillAttribute contained /\<\%(fd\|family\|type\|protocol\|local\|peer\|state\|lifecycle\|sent\|received\|unread\|error\|sender\|peer_pid\|peer_uid\|option\|tcp\|tls\|version\|cipher\|alpn\|peer_name\|address\|done\|thread\|accepted\|open_sockets\|pid\|exit\|open_fds\|sockets\|scratch\|ca_file\)(\@=/

" A message's value, and its fields.
syn region sockdrillValue contained matchgroup=sockdrillName start=/\%(\<[A-Za-z_][A-Za-z0-9_]*\.\)\=\<[A-Za-z_][A-Za-z0-9_]*[ \t]*{/ end=/}/ contains=sockdrillComment,sockdrillField
syn region sockdrillField contained matchgroup=sockdrillName start=/\<[A-Za-z_][A-Za-z0-9_]*/ end=/,/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression

" An endpoint's kind, and the words behind it.
syn match sockdrillKind contained /\.\@1<!\<tcp\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<tcp6\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<udp\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<udp6\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<udplite\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<mptcp\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<unix\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<unix_dgram\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<unix_seqpacket\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<packet\>(\@!/ nextgroup=sockdrillWord2,sockdrillQuoted2 skipwhite
syn match sockdrillKind contained /\.\@1<!\<packet_dgram\>(\@!/ nextgroup=sockdrillWord2,sockdrillQuoted2 skipwhite
syn match sockdrillKind contained /\.\@1<!\<can\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<isotp\>(\@!/ nextgroup=sockdrillWord3,sockdrillQuoted3 skipwhite
syn match sockdrillKind contained /\.\@1<!\<l2cap\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<rfcomm\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillKind contained /\.\@1<!\<vsock\>(\@!/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillWord1 contained excludenl /\%(\%(as\|on\|within\|fails\|to\|from\|in\|split\|every\|of\|for\|and\|or\|not\|contains\|eof\|reset\|closed\|nothing\)\%([[:blank:],){}#]\|$\)\)\@!\%(\[[^][:blank:]]*\]\|[^][:blank:],(){}#["']\)\%(\[[^][:blank:]]*\]\|[^][:blank:],){}#[]\)*/
syn match sockdrillWord2 contained excludenl /\%(\%(as\|on\|within\|fails\|to\|from\|in\|split\|every\|of\|for\|and\|or\|not\|contains\|eof\|reset\|closed\|nothing\)\%([[:blank:],){}#]\|$\)\)\@!\%(\[[^][:blank:]]*\]\|[^][:blank:],(){}#["']\)\%(\[[^][:blank:]]*\]\|[^][:blank:],){}#[]\)*/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn match sockdrillWord3 contained excludenl /\%(\%(as\|on\|within\|fails\|to\|from\|in\|split\|every\|of\|for\|and\|or\|not\|contains\|eof\|reset\|closed\|nothing\)\%([[:blank:],){}#]\|$\)\)\@!\%(\[[^][:blank:]]*\]\|[^][:blank:],(){}#["']\)\%(\[[^][:blank:]]*\]\|[^][:blank:],){}#[]\)*/ nextgroup=sockdrillWord2,sockdrillQuoted2 skipwhite
syn region sockdrillQuoted1 contained start=/"/ end=/"/ excludenl end=/$/ contains=sockdrillEscape,sockdrillInterpolation
syn region sockdrillQuoted2 contained start=/"/ end=/"/ excludenl end=/$/ contains=sockdrillEscape,sockdrillInterpolation nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn region sockdrillQuoted3 contained start=/"/ end=/"/ excludenl end=/$/ contains=sockdrillEscape,sockdrillInterpolation nextgroup=sockdrillWord2,sockdrillQuoted2 skipwhite
syn region sockdrillQuoted1 contained start=/'/ end=/'/ excludenl end=/$/
syn region sockdrillQuoted2 contained start=/'/ end=/'/ excludenl end=/$/ nextgroup=sockdrillWord1,sockdrillQuoted1 skipwhite
syn region sockdrillQuoted3 contained start=/'/ end=/'/ excludenl end=/$/ nextgroup=sockdrillWord2,sockdrillQuoted2 skipwhite

" The words that never name a value; behind a point they may.
syn match sockdrillKeyword contained /\.\@1<!\<\%(as\|on\|within\|fails\|to\|from\|in\|split\|every\|of\|for\|and\|or\|not\|contains\|eof\|reset\|closed\|nothing\)\>/
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
syn match sockdrillGiven contained /\%(\<\%(let\|vary\|barrier\|signal\|resolve\|env\|user\|for\|hostname\|interface\|sysctl\|certificate\)[ \t]\+\)\@32<=\<[A-Za-z_][A-Za-z0-9_]*\>/
syn match sockdrillActor contained /\%(\<\%(procedure\|server\|client\|program\|afterwards\|certificate\)[ \t]\+\)\@32<=\<[A-Za-z_][A-Za-z0-9_]*\>/

syn region sockdrillBlock contained start=/{/ end=/}/ contains=sockdrillComment,sockdrillCall,sockdrillStep,sockdrillHead
syn region sockdrillCall contained start=/\<[A-Za-z_]/rs=s end=/$/ end=/}/me=s-1 contains=@sockdrillExpression
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<socket\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_socket
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<bind\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_bind
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<listen\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_listen
syn match sockdrillOwn_listen contained /\.\@1<!\<\%(backlog\)\>\%([(.]\|\s*:\)\@!/
syn match sockdrillOwn_listen contained /\.\@1<!\<\(backlog\)\ze[ \t]\+\1\>/ nextgroup=sockdrillAttribute skipwhite
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<connect\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_connect
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<send\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_send
syn match sockdrillOwn_send contained /\.\@1<!\<\%(chunks\|at\|each\|fds\)\>\%([(.]\|\s*:\)\@!/
syn match sockdrillOwn_send contained /\.\@1<!\<\(chunks\|at\|each\|fds\)\ze[ \t]\+\1\>/ nextgroup=sockdrillAttribute skipwhite
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<recv\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_recv
syn match sockdrillOwn_recv contained /\.\@1<!\<\%(fds\|without\|close_notify\)\>\%([(.]\|\s*:\)\@!/
syn match sockdrillOwn_recv contained /\.\@1<!\<\(fds\|without\|close_notify\)\ze[ \t]\+\1\>/ nextgroup=sockdrillAttribute skipwhite
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<discard\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_discard
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<shutdown\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_shutdown
syn match sockdrillOwn_shutdown contained /\.\@1<!\<\%(read\|write\|both\|without\|close_notify\)\>\%([(.]\|\s*:\)\@!/
syn match sockdrillOwn_shutdown contained /\.\@1<!\<\(read\|write\|both\|without\|close_notify\)\ze[ \t]\+\1\>/ nextgroup=sockdrillAttribute skipwhite
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<close\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_close
syn match sockdrillOwn_close contained /\.\@1<!\<\%(without\|close_notify\)\>\%([(.]\|\s*:\)\@!/
syn match sockdrillOwn_close contained /\.\@1<!\<\(without\|close_notify\)\ze[ \t]\+\1\>/ nextgroup=sockdrillAttribute skipwhite
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<reset\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_reset
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<set\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_set
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<expect\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_expect
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<barrier\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_barrier
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<signal\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_signal
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<wait\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_wait
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<drop\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_drop
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<rate\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_rate
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<undo\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_undo
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<resolve\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_resolve
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<run\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_run
syn match sockdrillOwn_run contained /\.\@1<!\<\%(with\|terminal\)\>\%([(.]\|\s*:\)\@!/
syn match sockdrillOwn_run contained /\.\@1<!\<\(with\|terminal\)\ze[ \t]\+\1\>/ nextgroup=sockdrillAttribute skipwhite
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<cwd\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_cwd
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<env\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_env
syn match sockdrillOwn_env contained /\.\@1<!\<\%(unset\)\>\%([(.]\|\s*:\)\@!/
syn match sockdrillOwn_env contained /\.\@1<!\<\(unset\)\ze[ \t]\+\1\>/ nextgroup=sockdrillAttribute skipwhite
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<user\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_user
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<stdin\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_stdin
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<listens\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_listens
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<stop\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_stop
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<tls\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_tls
syn match sockdrillOwn_tls contained /\.\@1<!\<\%(server\|client\|name\|with\|verify\|off\|required\|alpn\|version\|ciphers\)\>\%([(.]\|\s*:\)\@!/
syn match sockdrillOwn_tls contained /\.\@1<!\<\(server\|client\|name\|with\|verify\|off\|required\|alpn\|version\|ciphers\)\ze[ \t]\+\1\>/ nextgroup=sockdrillAttribute skipwhite
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<sleep\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_sleep
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<break\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_break
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<let\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_let
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<return\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_return
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<log\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_log
syn region sockdrillStep contained matchgroup=sockdrillVerb start=/\<\%(resolve\|user\)\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillBareWord
syn match sockdrillBareWord contained excludenl /\%(\<\%(resolve\|user\|file\)[ \t]\+\)\@32<=\%(\%(as\|on\|within\|fails\|to\|from\|in\|split\|every\|of\|for\|and\|or\|not\|contains\|eof\|reset\|closed\|nothing\)\%([[:blank:],){}#]\|$\)\)\@![^[:blank:],){}#"'][^[:blank:],){}#]*/
syn region sockdrillHead contained matchgroup=sockdrillVerb start=/\<accept\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillOperand,sockdrillBlock,sockdrillGiven,sockdrillOwn_accept
syn match sockdrillOwn_accept contained /\.\@1<!\<\%(each\)\>\%([(.]\|\s*:\)\@!/
syn region sockdrillHead contained matchgroup=sockdrillVerb start=/\<repeat\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillOperand,sockdrillBlock,sockdrillGiven,sockdrillOwn_repeat
syn region sockdrillHead contained matchgroup=sockdrillVerb start=/\<for\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillOperand,sockdrillBlock,sockdrillGiven,sockdrillOwn_for
syn match sockdrillOwn_for contained /\.\@1<!\<\%(each\)\>\%([(.]\|\s*:\)\@!/
syn region sockdrillHead contained matchgroup=sockdrillVerb start=/\<either\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillOperand,sockdrillBlock,sockdrillGiven,sockdrillOwn_either

" --- declarations

syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<scenario\>/ end=/$/ contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_scenario
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<library\>/ end=/$/ contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_library
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<timeout\>/ end=/$/ contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_timeout
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<threads\>/ end=/$/ contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_threads
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<tags\>/ end=/$/ contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_tags
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<requires\>/ end=/$/ contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_requires
syn match sockdrillOwn_requires contained /\.\@1<!\<\%(program\)\>\%([(.]\|\s*:\)\@!/
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<use\>/ end=/$/ contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_use
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<let\>/ end=/$/ contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_let
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<vary\>/ end=/$/ contains=@sockdrillExpression,sockdrillGiven,sockdrillOwn_vary
syn match sockdrillOwn_vary contained /\.\@1<!\<\%(each\)\>\%([(.]\|\s*:\)\@!/
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<use\>/ end=/$/ contains=@sockdrillExpression,sockdrillLibrary,sockdrillOwn_use
syn match sockdrillLibrary contained /\%(\<use\>[ \t]*\)\@32<=<[^>]*>/
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<tags\>/ end=/$/ contains=sockdrillComment
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<requires\>/ end=/$/ contains=sockdrillComment,sockdrillString,sockdrillOwn_requires
syn region sockdrillDeclaration matchgroup=sockdrillDeclare start=/\<\%(procedure\|server\|client\|program\|afterwards\)\>/ end=/$/ contains=@sockdrillOperand,sockdrillBlock,sockdrillActor
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
syn region sockdrillLine contained matchgroup=sockdrillVerb start=/\<\%(hostname\|address\|name\|interface\|sysctl\|route\|file\|certificate\)\>/ end=/$/ end=/}/me=s-1 contains=sockdrillComment,sockdrillLineWord,sockdrillString
syn match sockdrillLineWord contained /[^[:blank:],){}#"'][^[:blank:],){}#]*/
syn region sockdrillLine contained matchgroup=sockdrillVerb start=/\<file\>/ end=/$/ end=/}/me=s-1 contains=@sockdrillExpression,sockdrillBareWord
syn region sockdrillLine contained matchgroup=sockdrillVerb start=/\<certificate\>/ end=/$/ end=/}/me=s-1 contains=sockdrillComment,sockdrillCertificate,sockdrillActor
syn region sockdrillCertificate contained start=/{/ end=/}/ contains=@sockdrillExpression,sockdrillProperty,sockdrillPropertyWord
syn match sockdrillProperty contained /\<\%(can\)\>/
syn match sockdrillProperty contained /\<\%(unreachable\|blackhole\|prohibit\)\>/
syn match sockdrillProperty contained /\<\%(name\|expires\|client\|self_signed\|file\|key\)\>/
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
hi def link sockdrillOwn_scenario Keyword
hi def link sockdrillOwn_library Keyword
hi def link sockdrillOwn_timeout Keyword
hi def link sockdrillOwn_threads Keyword
hi def link sockdrillOwn_tags Keyword
hi def link sockdrillOwn_requires Keyword
hi def link sockdrillOwn_use Keyword
hi def link sockdrillOwn_let Keyword
hi def link sockdrillOwn_vary Keyword
hi def link sockdrillOwn_socket Keyword
hi def link sockdrillOwn_bind Keyword
hi def link sockdrillOwn_listen Keyword
hi def link sockdrillOwn_connect Keyword
hi def link sockdrillOwn_send Keyword
hi def link sockdrillOwn_recv Keyword
hi def link sockdrillOwn_discard Keyword
hi def link sockdrillOwn_shutdown Keyword
hi def link sockdrillOwn_close Keyword
hi def link sockdrillOwn_reset Keyword
hi def link sockdrillOwn_set Keyword
hi def link sockdrillOwn_expect Keyword
hi def link sockdrillOwn_barrier Keyword
hi def link sockdrillOwn_signal Keyword
hi def link sockdrillOwn_wait Keyword
hi def link sockdrillOwn_drop Keyword
hi def link sockdrillOwn_rate Keyword
hi def link sockdrillOwn_undo Keyword
hi def link sockdrillOwn_resolve Keyword
hi def link sockdrillOwn_run Keyword
hi def link sockdrillOwn_cwd Keyword
hi def link sockdrillOwn_env Keyword
hi def link sockdrillOwn_user Keyword
hi def link sockdrillOwn_stdin Keyword
hi def link sockdrillOwn_listens Keyword
hi def link sockdrillOwn_stop Keyword
hi def link sockdrillOwn_tls Keyword
hi def link sockdrillOwn_sleep Keyword
hi def link sockdrillOwn_break Keyword
hi def link sockdrillOwn_let Keyword
hi def link sockdrillOwn_return Keyword
hi def link sockdrillOwn_log Keyword
hi def link sockdrillOwn_accept Keyword
hi def link sockdrillOwn_repeat Keyword
hi def link sockdrillOwn_for Keyword
hi def link sockdrillOwn_either Keyword
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
