# sockdrill_loads(ROOM NAME LIBRARY library [FOLDERS folders...] HEADERS headers... [DEFINES macros...])
#
# The room calls functions of a library that is loaded when one is first needed, not linked: see base/library.h. What they
# are stands in the table NAME.def beside the room's code. The room's code then includes "loaded/NAME.h", and no other of the
# library's headers: behind library_load(&NAME_library) it calls them by their names.
#
#   LIBRARY  the library's file, as pkg-config or find_library() has it: the name that a linker would record is read from it
#   FOLDERS  where its headers are
#   HEADERS  all that the room needs of them
#   DEFINES  what must be defined before them: "NAME VALUE"
#
# The headers are included first and the names mapped behind them, so that a declaration is never touched. What an inline
# function of a header calls is out of reach: such a function does not link, and the room does without it.
set(SOCKDRILL_LOADS_TEMPLATES "${CMAKE_CURRENT_LIST_DIR}/loads")

function(sockdrill_soname library result)
  execute_process(COMMAND "${CMAKE_OBJDUMP}" -p "${library}" OUTPUT_VARIABLE parts ERROR_VARIABLE trouble RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR NOT parts MATCHES "SONAME +([^ \n]+)")
    message(FATAL_ERROR "sockdrill_loads: \"${library}\" tells no SONAME: ${trouble}")
  endif()
  set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

function(sockdrill_loads room name)
  cmake_parse_arguments(PARSE_ARGV 2 loads "" "LIBRARY" "FOLDERS;HEADERS;DEFINES")
  if(loads_UNPARSED_ARGUMENTS OR NOT loads_LIBRARY OR NOT loads_HEADERS)
    message(FATAL_ERROR "sockdrill_loads(${name}): needs LIBRARY and HEADERS, and knows no \"${loads_UNPARSED_ARGUMENTS}\"")
  endif()
  set(table "${CMAKE_CURRENT_SOURCE_DIR}/${name}.def")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${table}")
  file(STRINGS "${table}" functions REGEX "^FUNCTION\\(")
  set(loads_declared "")
  set(loads_mapped "")
  set(loads_defined "")
  set(loads_listed "")
  foreach(function IN LISTS functions)
    string(REGEX REPLACE "^FUNCTION\\(([A-Za-z0-9_]+)\\).*$" "\\1" function "${function}")
    set(pointer "${name}_loaded_${function}")
    string(APPEND loads_declared "extern __typeof__(${function}) *${pointer};\n")
    string(APPEND loads_mapped "#define ${function} (*${pointer})\n")
    string(APPEND loads_defined "__typeof__(${pointer}) ${pointer};\n")
    string(APPEND loads_listed "    {\"${function}\", &${pointer}},\n")
  endforeach()
  set(loads_headers "")
  foreach(macro IN LISTS loads_DEFINES)
    string(APPEND loads_headers "#define ${macro}\n")
  endforeach()
  foreach(header IN LISTS loads_HEADERS)
    string(APPEND loads_headers "#include <${header}>\n")
  endforeach()
  sockdrill_soname("${loads_LIBRARY}" loads_soname)
  set(loads_name "${name}")
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/loads")
  configure_file("${SOCKDRILL_LOADS_TEMPLATES}/library.h.in" "${folder}/loaded/${name}.h" @ONLY)
  configure_file("${SOCKDRILL_LOADS_TEMPLATES}/library.c.in" "${folder}/${name}.c" @ONLY)
  target_sources(sockdrill_${room} PRIVATE "${folder}/${name}.c")
  target_include_directories(sockdrill_${room} PRIVATE "${folder}" ${loads_FOLDERS})
  target_link_libraries(sockdrill_${room} PRIVATE ${CMAKE_DL_LIBS})
endfunction()
