# The half of sockdrill_discover_scenarios() that ctest runs: asks the program for its cases and adds a test for each.
# Its input are the discover_* variables of the file that includes it. Names may hold anything, brackets and semicolons
# too, so they are never elements of a list, and always quoted.
cmake_policy(VERSION 3.22)

# What a case may take beyond its scenario's own timeout: start, clean-up and report, on a machine that is busy.
set(discover_margin_s 15)

# Tells of a search that found nothing by a test that fails; without it, ctest would pass with less to do.
function(sockdrill_discover_failed why)
  list(GET discover_folders 0 folder)
  set(name "${discover_prefix}${folder}.discover")
  string(LENGTH "${why}" why_bytes)
  if(why_bytes GREATER 65536) # one word of a command has 128 KiB at most: execve(2)
    string(SUBSTRING "${why}" 0 65536 why)
    string(APPEND why "...")
  endif()
  add_test("${name}" sh -c "printf '%s\\n' \"$1\" >&2; exit 1" sh "${why}")
  set_tests_properties("${name}" PROPERTIES LABELS "${discover_labels}")
endfunction()

# A decimal number in thousandths, rounded up: math() knows integers only.
function(sockdrill_thousandths number result)
  set(thousandths 0)
  if(number MATCHES "^([0-9]+)(\\.([0-9]*))?$")
    set(whole "${CMAKE_MATCH_1}")
    string(SUBSTRING "${CMAKE_MATCH_3}000" 0 3 fraction)
    set(rest 0)
    if("${CMAKE_MATCH_3}" MATCHES "^...0*[1-9]")
      set(rest 1)
    endif()
    string(REGEX REPLACE "^0+(.)" "\\1" whole "${whole}")
    string(REGEX REPLACE "^0+(.)" "\\1" fraction "${fraction}")
    math(EXPR thousandths "${whole} * 1000 + ${fraction} + ${rest}")
  endif()
  set(${result} ${thousandths} PARENT_SCOPE)
endfunction()

# An option's last value among the arguments of a case; `otherwise` without one.
function(sockdrill_option_value option otherwise result)
  set(value "${otherwise}")
  set(next FALSE)
  foreach(argument IN LISTS discover_playing)
    if(next)
      set(value "${argument}")
    elseif(argument MATCHES "^${option}=(.*)$")
      set(value "${CMAKE_MATCH_1}")
    endif()
    string(COMPARE EQUAL "${argument}" "${option}" next)
  endforeach()
  set(${result} "${value}" PARENT_SCOPE)
endfunction()

# Deals the arguments: those that decide which cases there are go to `list` (discover_listing), each as --option=value; what
# chooses among them has done all that it can then, and of the rest a case gets everything (discover_playing), but of the
# --defines those alone that its file has a `let` for (discover_defines: NAME=VALUE each).
function(sockdrill_deal_arguments)
  set(listing "")
  set(playing "")
  set(defines "")
  set(option "")
  foreach(argument IN LISTS discover_arguments)
    set(value "")
    if(option)
      set(value "${argument}")
    elseif(argument MATCHES "^--(library|define|tags|shard|case)(=(.*))?$")
      set(option "${CMAKE_MATCH_1}")
      set(value "${CMAKE_MATCH_3}")
      if("${CMAKE_MATCH_2}" STREQUAL "")
        continue()
      endif()
    endif()
    string(REPLACE ";" "\\;" value "${value}")
    string(REPLACE ";" "\\;" argument "${argument}")
    if(option STREQUAL "define")
      list(APPEND defines "${value}")
    elseif(option STREQUAL "library")
      list(APPEND playing "--library=${value}")
    elseif(NOT option)
      list(APPEND playing "${argument}")
    endif()
    if(option)
      list(APPEND listing "--${option}=${value}")
    endif()
    set(option "")
  endforeach()
  if(option) # without its value: `list` says so
    list(APPEND listing "--${option}")
  endif()
  set(discover_listing "${listing}" PARENT_SCOPE)
  set(discover_playing "${playing}" PARENT_SCOPE)
  set(discover_defines "${defines}" PARENT_SCOPE)
endfunction()

# Of the --defines those of a case. Of a file that does not parse nobody knows what it has: it is told all, to no purpose.
function(sockdrill_case_defines case result)
  set(own "")
  string(JSON lets ERROR_VARIABLE unknown GET "${case}" lets)
  foreach(define IN LISTS discover_defines)
    string(REGEX REPLACE "=.*$" "" name "${define}")
    string(FIND "${lets}" "\"${name}\"" at)
    if(unknown OR NOT at EQUAL -1)
      string(REPLACE ";" "\\;" define "${define}")
      list(APPEND own "--define=${define}")
    endif()
  endforeach()
  set(${result} "${own}" PARENT_SCOPE)
endfunction()

# ctest's limit in seconds for a scenario with a timeout of its own: that, as the arguments stretch it, and the margin.
function(sockdrill_limit own result)
  sockdrill_option_value("--timeout-scale" 1 scale)
  sockdrill_option_value("--repeat" 1 repeat)
  sockdrill_thousandths("${own}" own_ms)
  sockdrill_thousandths("${scale}" scale)
  math(EXPR limit "(${own_ms} * ${scale} * ${repeat} + 999999) / 1000000 + ${discover_margin_s}")
  if(limit LESS discover_timeout)
    set(limit ${discover_timeout})
  endif()
  set(${result} ${limit} PARENT_SCOPE)
endfunction()

# Two searches that overlap find the same name twice; each test keeps one of its own.
function(sockdrill_unique_name name result)
  string(SHA1 key "${name}")
  get_property(count GLOBAL PROPERTY sockdrill_discover_${key})
  math(EXPR count "0${count} + 1")
  set_property(GLOBAL PROPERTY sockdrill_discover_${key} ${count})
  if(count GREATER 1)
    string(APPEND name " #${count}")
  endif()
  set(${result} "${name}" PARENT_SCOPE)
endfunction()

# One element of `sockdrill list --json`. A file that does not parse has neither timeout nor tags, and the name of none of
# its cases where it has several: running it prints its diagnostics and fails.
function(sockdrill_add_case case)
  string(JSON name GET "${case}" name)
  string(JSON file GET "${case}" file)
  string(JSON own ERROR_VARIABLE none GET "${case}" timeout)
  sockdrill_limit("${own}" limit)
  set(labels "${discover_labels}")
  string(JSON tag_count ERROR_VARIABLE none LENGTH "${case}" tags)
  if(tag_count GREATER 0)
    math(EXPR last "${tag_count} - 1")
    foreach(i RANGE ${last})
      string(JSON tag GET "${case}" tags ${i})
      list(APPEND labels "${tag}")
    endforeach()
  endif()
  list(REMOVE_DUPLICATES labels)
  # Each is put before those in front of it: the last of the list comes first.
  list(TRANSFORM discover_path PREPEND "PATH=path_list_prepend:" OUTPUT_VARIABLE path)

  sockdrill_case_defines("${case}" defines)
  sockdrill_unique_name("${discover_prefix}${name}" test)
  add_test("${test}" "${discover_program}" run ${discover_playing} ${defines} --case "${name}" "${file}")
  set_tests_properties("${test}" PROPERTIES
    LABELS "${labels}"
    ENVIRONMENT_MODIFICATION "${path}"
    SKIP_RETURN_CODE 77
    TIMEOUT ${limit}
    WORKING_DIRECTORY "${discover_working_directory}")
endfunction()

# A case a line: a string of JSON breaks none. Asking the whole of it for each would take the square of their number.
function(sockdrill_add_cases cases case_count)
  set(added 0)
  string(APPEND cases "\n")
  while(NOT cases STREQUAL "")
    string(FIND "${cases}" "\n" end)
    string(SUBSTRING "${cases}" 0 ${end} case)
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${cases}" ${end} -1 cases)
    if(case MATCHES "^ *({.*}),?$")
      sockdrill_add_case("${CMAKE_MATCH_1}")
      math(EXPR added "${added} + 1")
    endif()
  endwhile()
  if(NOT added EQUAL case_count)
    sockdrill_discover_failed("${discover_program} list --json: ${case_count} cases are not on as many lines")
  endif()
endfunction()

function(sockdrill_discover)
  if(NOT EXISTS "${discover_program}")
    sockdrill_discover_failed("${discover_program} is not there: build it first")
    return()
  endif()
  sockdrill_deal_arguments()
  # It ends 2 when a file does not parse, and lists all the same.
  execute_process(
    COMMAND "${discover_program}" list --json ${discover_folders} ${discover_listing}
    WORKING_DIRECTORY "${discover_working_directory}"
    TIMEOUT 60
    RESULT_VARIABLE status
    OUTPUT_VARIABLE cases
    ERROR_VARIABLE errors)
  string(JOIN " " command "${discover_program}" list --json ${discover_folders} ${discover_listing})
  set(command "in ${discover_working_directory}: ${command}")
  string(JSON case_count ERROR_VARIABLE malformed LENGTH "${cases}")
  string(REGEX MATCHALL "\"error\": true}" wrong "${cases}")
  if(malformed)
    sockdrill_discover_failed("${command}: ${status}\n${errors}${cases}")
  elseif(NOT status EQUAL 0 AND NOT (status EQUAL 2 AND wrong))
    sockdrill_discover_failed("${command}: ${status}\n${errors}")
  elseif(case_count EQUAL 0)
    sockdrill_discover_failed("${command}: no scenario\n${errors}")
  else()
    sockdrill_add_cases("${cases}" ${case_count})
  endif()
endfunction()

sockdrill_discover()
