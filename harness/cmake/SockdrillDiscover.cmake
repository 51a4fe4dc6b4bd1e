# sockdrill_discover_scenarios(DIR ...): every case of every scenario below the folders becomes a ctest test of its own. What it
# takes is in sockdrill_cmake(7): harness/manual/templates/sockdrill_cmake.7
#
# The folders are searched when ctest runs, by SockdrillDiscoverTests.cmake. The target sockdrill::sockdrill, built here or
# imported, is the program.
function(sockdrill_discover_scenarios)
  cmake_parse_arguments(PARSE_ARGV 0 discover "" "TIMEOUT;PREFIX" "DIR;LABELS;ARGUMENTS;PROGRAMS")
  if(discover_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sockdrill_discover_scenarios: what is \"${discover_UNPARSED_ARGUMENTS}\"?")
  endif()
  if(NOT discover_DIR)
    message(FATAL_ERROR "sockdrill_discover_scenarios: DIR names no folder")
  endif()
  if(NOT CMAKE_TESTING_ENABLED AND (NOT DEFINED BUILD_TESTING OR BUILD_TESTING))
    message(WARNING "sockdrill_discover_scenarios: ctest will find no tests: enable_testing() stands nowhere before this")
  endif()
  if(NOT discover_TIMEOUT)
    set(discover_TIMEOUT 0)
  endif()

  # Names are paths as the project sees them, on every machine the same.
  set(folders "")
  foreach(folder IN LISTS discover_DIR)
    get_filename_component(folder "${folder}" ABSOLUTE)
    cmake_path(IS_PREFIX PROJECT_SOURCE_DIR "${folder}" within)
    if(within)
      cmake_path(RELATIVE_PATH folder BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
    endif()
    list(APPEND folders "${folder}")
  endforeach()

  set(path "")
  foreach(program IN LISTS discover_PROGRAMS)
    list(PREPEND path "$<TARGET_FILE_DIR:${program}>")
  endforeach()

  # One search a call: the file's number is how many this folder of the project has asked for.
  get_property(number DIRECTORY PROPERTY SOCKDRILL_DISCOVER_COUNT)
  math(EXPR number "0${number} + 1")
  set_property(DIRECTORY PROPERTY SOCKDRILL_DISCOVER_COUNT ${number})
  set(search "${CMAKE_CURRENT_BINARY_DIR}/sockdrill_discover_${number}.cmake")
  file(GENERATE OUTPUT "${search}" CONTENT "\
set(discover_program [==[$<TARGET_FILE:sockdrill::sockdrill>]==])
set(discover_working_directory [==[${PROJECT_SOURCE_DIR}]==])
set(discover_folders [==[${folders}]==])
set(discover_timeout [==[${discover_TIMEOUT}]==])
set(discover_labels [==[${discover_LABELS}]==])
set(discover_arguments [==[${discover_ARGUMENTS}]==])
set(discover_prefix [==[${discover_PREFIX}]==])
set(discover_path [==[${path}]==])
include([==[${CMAKE_CURRENT_FUNCTION_LIST_DIR}/SockdrillDiscoverTests.cmake]==])
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${search}")
endfunction()
