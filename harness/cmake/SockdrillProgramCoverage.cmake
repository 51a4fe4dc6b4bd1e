# sockdrill_program_coverage(NAME DIR ... PROGRAMS ...): the target NAME plays scenarios, and makes one report of the lines and
# branches that they reach in programs. What it takes, and what they need, is in sockdrill_cmake(7):
# harness/manual/templates/sockdrill_cmake.7
#
# Each case's programs write their counts into a folder of its own, so that cases can be played at once.
function(sockdrill_program_coverage name)
  cmake_parse_arguments(PARSE_ARGV 1 counted "" "LINES;BRANCHES" "DIR;PROGRAMS;SOURCES;ARGUMENTS")
  if(counted_UNPARSED_ARGUMENTS OR NOT counted_DIR OR NOT counted_PROGRAMS)
    message(FATAL_ERROR "sockdrill_program_coverage: needs DIR and PROGRAMS, and knows no \"${counted_UNPARSED_ARGUMENTS}\"")
  endif()
  if(NOT counted_SOURCES)
    set(counted_SOURCES "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  foreach(limit LINES BRANCHES)
    if(NOT counted_${limit})
      set(counted_${limit} 0)
    endif()
  endforeach()
  # As sockdrill_discover_scenarios() has them: relative to here, and told as the project sees them.
  set(folders "")
  foreach(folder IN LISTS counted_DIR)
    get_filename_component(folder "${folder}" ABSOLUTE)
    cmake_path(IS_PREFIX PROJECT_SOURCE_DIR "${folder}" within)
    if(within)
      cmake_path(RELATIVE_PATH folder BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
    endif()
    list(APPEND folders "${folder}")
  endforeach()
  set(filters "")
  foreach(folder IN LISTS counted_SOURCES)
    get_filename_component(folder "${folder}" ABSOLUTE)
    string(REGEX REPLACE "([][+.*()^$?|{}\\])" "\\\\\\1" folder "${folder}")
    list(APPEND filters --filter "${folder}/")
  endforeach()
  list(TRANSFORM counted_PROGRAMS REPLACE "(.+)" "$<TARGET_FILE_DIR:\\1>" OUTPUT_VARIABLE path)
  list(JOIN path ":" path)
  list(JOIN counted_PROGRAMS ", " programs)

  find_program(GCOVR gcovr REQUIRED)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/${name}")
  add_custom_target(${name}
    COMMAND "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/play-counted" "${output}/counts" "${PROJECT_BINARY_DIR}" "${path}"
            "$<TARGET_FILE:sockdrill::sockdrill>" run --quiet ${counted_ARGUMENTS} ${folders}
    COMMAND "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/report-counted"
            "${GCOVR}" --root "${PROJECT_SOURCE_DIR}" ${filters} --exclude-unreachable-branches
            --html-details "${output}/index.html" --xml "${output}/cobertura.xml" --txt --print-summary
            --fail-under-line ${counted_LINES} --fail-under-branch ${counted_BRANCHES} "${output}/counts"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    COMMENT "Plays what runs ${programs}, and counts; the report: ${output}/index.html"
    USES_TERMINAL VERBATIM)
  add_dependencies(${name} sockdrill::sockdrill ${counted_PROGRAMS})
endfunction()
