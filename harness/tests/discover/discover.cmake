# Tests sockdrill_discover_scenarios() on a project of its own, with a fake sockdrill.
#   cmake -D WORK=folder -D SOCKDRILL_CMAKE=harness/cmake -P discover.cmake
cmake_minimum_required(VERSION 3.22)

set(source "${WORK}/project")
set(build "${WORK}/build")
set(fake "${WORK}/fake-sockdrill")
set(ctest "${CMAKE_COMMAND}")
cmake_path(REPLACE_FILENAME ctest ctest)

function(expect_equal what received expected)
  if(NOT received STREQUAL expected)
    message(SEND_ERROR "${what}\n  expected: ${expected}\n  received: ${received}")
  endif()
endfunction()

# Runs ctest in the project; its exit code and output land in `status` and `output`.
macro(run_ctest)
  execute_process(COMMAND "${ctest}" ${ARGN} WORKING_DIRECTORY "${build}"
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
endmacro()

# A test as ctest knows it, found by its name; empty when there is none.
function(find_test name result)
  set(found "")
  string(JSON count LENGTH "${listing}" tests)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON candidate GET "${listing}" tests ${i} name)
    if(candidate STREQUAL name)
      string(JSON found GET "${listing}" tests ${i})
    endif()
  endforeach()
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

# The value of a test's property, as JSON where it is a list.
function(find_property test property result)
  set(value "")
  string(JSON count ERROR_VARIABLE none LENGTH "${test}" properties)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON name GET "${test}" properties ${i} name)
    if(name STREQUAL property)
      string(JSON value GET "${test}" properties ${i} value)
    endif()
  endforeach()
  string(REGEX REPLACE "[ \n]+" "" value "${value}")
  set(${result} "${value}" PARENT_SCOPE)
endfunction()

function(expect_test name timeout labels)
  find_test("${name}" test)
  if(test STREQUAL "")
    message(SEND_ERROR "no test ${name}")
    return()
  endif()
  find_property("${test}" TIMEOUT received)
  string(REGEX REPLACE "\\.0$" "" received "${received}")
  expect_equal("timeout of ${name}" "${received}" "${timeout}")
  find_property("${test}" LABELS received)
  expect_equal("labels of ${name}" "${received}" "${labels}")
  find_property("${test}" SKIP_RETURN_CODE received)
  expect_equal("skip code of ${name}" "${received}" 77)
endfunction()

# The last argument of each test's command is its file, the two before it are --case and the case's name.
function(expect_case name file)
  find_test("${name}" test)
  string(JSON count LENGTH "${test}" command)
  math(EXPR at "${count} - 3")
  foreach(expected IN ITEMS "--case" "${name}" "${file}")
    string(JSON received GET "${test}" command ${at})
    expect_equal("argument ${at} of ${name}" "${received}" "${expected}")
    math(EXPR at "${at} + 1")
  endforeach()
endfunction()

function(expect_output pattern)
  if(NOT output MATCHES "${pattern}")
    message(SEND_ERROR "ctest did not say \"${pattern}\":\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(COPY "${CMAKE_CURRENT_LIST_DIR}/project" DESTINATION "${WORK}")
execute_process(
  COMMAND "${CMAKE_COMMAND}" -S "${source}" -B "${build}"
    -D "SOCKDRILL_CMAKE=${SOCKDRILL_CMAKE}" -D "SOCKDRILL_FAKE=${fake}"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

# Who forgets to ask CMake for tests is told, since ctest alone would say that there are none.
file(WRITE "${WORK}/untested/CMakeLists.txt" "\
cmake_minimum_required(VERSION 3.22)
project(untested LANGUAGES NONE)
add_executable(sockdrill::sockdrill IMPORTED)
set_target_properties(sockdrill::sockdrill PROPERTIES IMPORTED_LOCATION /bin/true)
include(\"${SOCKDRILL_CMAKE}/SockdrillDiscover.cmake\")
sockdrill_discover_scenarios(DIR .)
")
execute_process(COMMAND "${CMAKE_COMMAND}" -S "${WORK}/untested" -B "${WORK}/untested/build"
  OUTPUT_VARIABLE output ERROR_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
expect_output("CMake Warning.*enable_testing\\(\\)")

# Before the program is built: one failing test for each search, and no other.
run_ctest(--output-on-failure)
expect_output("0% tests passed, 5 tests failed out of 5")
expect_output("is not there: build it first")
file(COPY_FILE "${CMAKE_CURRENT_LIST_DIR}/fake-sockdrill" "${fake}")

run_ctest(--show-only=json-v1)
set(listing "${output}")
string(JSON count LENGTH "${listing}" tests)
expect_equal("number of tests" ${count} 12)
set(first "cases/tcp/echo[endpoint=tcp 127.0.0.1:0]")
set(second "cases/tcp/echo[endpoint=tcp [::1]:0]")
expect_test("${first}" 25 [=[["scenario","slow","tcp"]]=])
expect_test("${second}" 36 [=[["scenario","slow","tcp"]]=])
expect_test("threads4/${first}" 90 [=[["slow","tcp"]]=])
expect_test("${first} #2" 25 [=[["slow","tcp"]]=])
expect_test("cases/skipped" 25 [=[["can","scenario"]]=])
expect_test("cases/unparsed" 15 [=[["scenario"]]=])
set(quoted [=[cases/names[text="a, b; c" 'd' ${e} $ENV{HOME} \ (f) # g]]=])
set(open [==[cases/names[open=[; [=[]]==])
expect_test("${quoted}" 16 [=[["scenario"]]=])
expect_test("${open}" 16 [=[["scenario"]]=])
foreach(name IN ITEMS first second)
  expect_case("${${name}}" cases/tcp/echo.fake)
endforeach()
expect_case("${quoted}" cases/names.fake)
expect_case("${open}" cases/names.fake)

# 8 pass, 1 is skipped; the unparsed file, the broken folder and the empty one fail, each with its reason.
run_ctest(--verbose)
expect_equal("ctest's exit code" ${status} 8)
expect_output("75% tests passed, 3 tests failed out of 12")
expect_output("cases/skipped[ .]+\\*\\*\\*Skipped")
expect_output("fake-sockdrill: cannot list")
expect_output("list --json empty: no scenario")
expect_output("<PATH=/of/one:/of/other:[^>]")
expect_output("<--threads>[^<]*<4>[^<]*<--timeout-scale>[^<]*<2.5>[^<]*<--case>[^<]*<cases/tcp/echo")
foreach(name IN ITEMS cases/unparsed broken.discover empty.discover)
  string(REPLACE "." "\\." pattern "${name}")
  expect_output("- ${pattern} \\(Failed\\)")
endforeach()

# A file that comes later is a test at once.
file(WRITE "${source}/cases/later.fake"
  "case {\"name\": \"cases/later\", \"file\": \"cases/later.fake\", \"tags\": [\"new\"], \"timeout\": 5}\nexit 0\n")
run_ctest(-R "^cases/later$")
expect_equal("ctest's exit code for the new file" ${status} 0)
expect_output("100% tests passed, 0 tests failed out of 1\n")
