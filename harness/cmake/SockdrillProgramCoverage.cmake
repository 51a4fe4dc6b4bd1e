# sockdrill_program_coverage(NAME DIR folders... PROGRAMS targets... [SOURCES folders...] [ARGUMENTS arguments...]
#                            [LINES per-cent] [BRANCHES per-cent])
#
# The target NAME plays all scenarios below the folders, and makes one report of the lines and branches that they reach
# in the programs: NAME/index.html and NAME/cobertura.xml in the build tree, and a summary on the console. It fails when
# a scenario does, or when less is reached than asked for. Needs gcovr, and programs compiled and linked with --coverage
# (and -fprofile-update=atomic if they have threads).
#
#   PROGRAMS   their folders stand first on PATH, as sockdrill_discover_scenarios() has it
#   SOURCES    whose lines count: without it, the current folder's
#   ARGUMENTS  go to `sockdrill run`
#
# Each case's programs write their counts into a folder of its own, so that cases can be played at once. What is stopped
# at a case's end writes its counts too: it gets SIGTERM first, and is to end by exit(3).
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
            "$<TARGET_FILE:sockdrill>" run --quiet ${counted_ARGUMENTS} ${counted_DIR}
    COMMAND "${GCOVR}" --root "${PROJECT_SOURCE_DIR}" ${filters} --exclude-unreachable-branches
            --html-details "${output}/index.html" --xml "${output}/cobertura.xml" --txt --print-summary
            --fail-under-line ${counted_LINES} --fail-under-branch ${counted_BRANCHES} "${output}/counts"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    COMMENT "Plays what runs ${programs}, and counts; the report: ${output}/index.html"
    USES_TERMINAL VERBATIM)
  add_dependencies(${name} sockdrill ${counted_PROGRAMS})
endfunction()
