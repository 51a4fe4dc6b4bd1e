# cmake -D FROM=file.css -D TO=header.h -D NAME=HTML_STYLE -P Embed.cmake: a file's bytes as an array of C.
file(READ "${FROM}" bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE "${TO}" "static const unsigned char ${NAME}[] = {\n${bytes}\n};\n")
