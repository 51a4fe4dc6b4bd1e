# The protocol libraries that `use <NAME>` finds, each scenarios/NAME/NAME.drill: all in one folder, which the build tree
# has at the place where the installed program has it. This is the one list of them.
set(SOCKDRILL_LIBRARIES
  dns ftp http http2 memcached modbus mqtt ntp postgresql proxy resp smtp socks5 ssh syslog tftp websocket)

set(flatten "${CMAKE_CURRENT_LIST_DIR}/FlattenLibrary.cmake")
set(library_files "")
foreach(name IN LISTS SOCKDRILL_LIBRARIES)
  set(from "${PROJECT_SOURCE_DIR}/scenarios/${name}/${name}.drill")
  set(to "${SOCKDRILL_LIBRARYDIR}/${name}.drill")
  add_custom_command(OUTPUT "${to}" DEPENDS "${from}" "${flatten}" VERBATIM
    COMMAND "${CMAKE_COMMAND}" -D "FROM=${from}" -D "TO=${to}" -P "${flatten}")
  list(APPEND library_files "${to}")
endforeach()
add_custom_target(sockdrill_library ALL DEPENDS ${library_files})
add_dependencies(sockdrill sockdrill_library)

if(SOCKDRILL_INSTALL)
  install(FILES ${library_files} DESTINATION "${SOCKDRILL_INSTALL_LIBRARYDIR}")
endif()
