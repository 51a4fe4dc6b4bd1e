# Runs in cpack, between the installation into a folder and its packing: makes what Debian asks of a package of what the
# installed tree is for anybody. https://www.debian.org/doc/debian-policy/ch-docs.html
cmake_minimum_required(VERSION 3.22)
if(NOT CPACK_GENERATOR STREQUAL DEB)
  return()
endif()

set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
set(share "${root}/usr/share")

# compress(FILE): gzip's output, which names no file and no time, in its place.
function(compress file)
  execute_process(COMMAND gzip -9 --no-name "${file}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Manual pages are compressed; one that is only another's second name is a link to it.
file(GLOB pages "${share}/man/man*/*.[1-9]")
foreach(page IN LISTS pages)
  file(READ "${page}" text LIMIT 200)
  if(text MATCHES "^\\.so man[1-9]/([^/\n]+)\n*$")
    file(CREATE_LINK "${CMAKE_MATCH_1}.gz" "${page}.gz" SYMBOLIC)
    file(REMOVE "${page}")
  else()
    compress("${page}")
  endif()
endforeach()

# Debian's zsh looks elsewhere for what packages bring.
file(MAKE_DIRECTORY "${share}/zsh/vendor-completions")
file(RENAME "${share}/zsh/site-functions/_sockdrill" "${share}/zsh/vendor-completions/_sockdrill")
file(REMOVE_RECURSE "${share}/zsh/site-functions")

# What dh_strip takes out beside what cpack's own stripping does.
execute_process(COMMAND strip --remove-section=.comment --remove-section=.note "${root}/usr/bin/sockdrill"
  COMMAND_ERROR_IS_FATAL ANY)
file(GLOB archives "${root}/usr/lib/*.a")
foreach(archive IN LISTS archives)
  execute_process(COMMAND strip --strip-debug --remove-section=.comment --enable-deterministic-archives "${archive}"
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()

set(documents "${share}/doc/sockdrill")
file(READ "${documents}/LICENSE" license)
file(REMOVE "${documents}/LICENSE")
string(REGEX MATCH "Copyright [^\n]+" COPYRIGHT "${license}")
string(REGEX REPLACE "Copyright \\(c\\)" "Copyright:" COPYRIGHT "${COPYRIGHT}")
string(REGEX REPLACE "^.*\n(Permission .*[^\n])\n*$" "\\1" LICENSE "${license}")
string(REPLACE "\n\n" "\n.\n" LICENSE " ${LICENSE}")
string(REPLACE "\n" "\n " LICENSE "${LICENSE}")
configure_file("${CPACK_SOCKDRILL_PACKAGE}/copyright.in" "${documents}/copyright" @ONLY)
configure_file("${CPACK_SOCKDRILL_PACKAGE}/changelog.in" "${documents}/changelog" @ONLY)
compress("${documents}/changelog")
