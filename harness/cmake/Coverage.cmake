# Two targets over the tests of this build, both settled by reports/gcovr.cfg:
#   coverage        runs ctest, and writes coverage/index.html, coverage/cobertura.xml and coverage/counts.json
#                   into the build tree, and a summary to the console
#   coverage-check  fails when the counts of the last `coverage` lie below the two thresholds; a row for each file in
#                   coverage/summary.txt
set(SOCKDRILL_COVERAGE_LINES 85 CACHE STRING "Per cent of lines that coverage-check asks for")
set(SOCKDRILL_COVERAGE_BRANCHES 70 CACHE STRING "Per cent of branches that coverage-check asks for")

find_program(GCOVR gcovr REQUIRED)
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
math(EXPR tests_at_once "2 * ${cores}") # they wait for longer than they work
set(output "${PROJECT_BINARY_DIR}/coverage")
set(gcovr "${GCOVR}" --config "${PROJECT_SOURCE_DIR}/reports/gcovr.cfg")

# The counts of an earlier run would be added to this one's.
add_custom_target(coverage
  COMMAND find "${PROJECT_BINARY_DIR}" -name "*.gcda" -delete
  COMMAND "${CMAKE_CTEST_COMMAND}" --test-dir "${PROJECT_BINARY_DIR}" -j ${tests_at_once} --output-on-failure --no-tests=error
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${output}"
  COMMAND ${gcovr} --object-directory "${PROJECT_BINARY_DIR}" -j ${cores} --json "${output}/counts.json"
          --html-details "${output}/index.html" --xml "${output}/cobertura.xml" --print-summary
          "${PROJECT_BINARY_DIR}"
  COMMENT "Runs the tests and counts; the report: ${output}/index.html"
  USES_TERMINAL VERBATIM)
get_property(suites DIRECTORY "${PROJECT_SOURCE_DIR}/harness/tests" PROPERTY BUILDSYSTEM_TARGETS)
get_property(programs DIRECTORY "${PROJECT_SOURCE_DIR}/fixtures/echo" PROPERTY BUILDSYSTEM_TARGETS)
list(REMOVE_ITEM programs echo-coverage)
add_dependencies(coverage sockdrill bench ${suites} ${programs})

add_custom_target(coverage-check
  COMMAND ${gcovr} --add-tracefile "${output}/counts.json" --txt "${output}/summary.txt"
          --fail-under-line ${SOCKDRILL_COVERAGE_LINES} --fail-under-branch ${SOCKDRILL_COVERAGE_BRANCHES}
  COMMENT "Asks for ${SOCKDRILL_COVERAGE_LINES} % of lines and ${SOCKDRILL_COVERAGE_BRANCHES} % of branches"
  USES_TERMINAL VERBATIM)
