# What find_package(sockdrill) and pkg-config read, the documents, and packages of all that is installed: behind all rooms,
# since what they install is what there is to find.
include(CMakePackageConfigHelpers)

set(package "${PROJECT_SOURCE_DIR}/harness/package")
set(made "${PROJECT_BINARY_DIR}/package")

# --- CMake

# sockdrill_way_up(FOLDER RESULT): the way from there to the prefix
function(sockdrill_way_up folder result)
  file(RELATIVE_PATH way "/${folder}" "/")
  string(REGEX REPLACE "/$" "" way "${way}")
  set(${result} "${way}" PARENT_SCOPE)
endfunction()

install(EXPORT sockdrillTargets NAMESPACE sockdrill:: DESTINATION "${SOCKDRILL_INSTALL_CMAKEDIR}")
sockdrill_way_up("${SOCKDRILL_INSTALL_CMAKEDIR}" sockdrill_up)
configure_package_config_file("${package}/sockdrillConfig.cmake.in" "${made}/sockdrillConfig.cmake"
  INSTALL_DESTINATION "${SOCKDRILL_INSTALL_CMAKEDIR}")
write_basic_package_version_file("${made}/sockdrillConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${made}/sockdrillConfig.cmake" "${made}/sockdrillConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/harness/cmake/SockdrillDiscover.cmake"
  "${PROJECT_SOURCE_DIR}/harness/cmake/SockdrillDiscoverTests.cmake"
  "${PROJECT_SOURCE_DIR}/harness/cmake/SockdrillProgramCoverage.cmake"
  DESTINATION "${SOCKDRILL_INSTALL_CMAKEDIR}")
install(PROGRAMS "${PROJECT_SOURCE_DIR}/harness/cmake/play-counted" "${PROJECT_SOURCE_DIR}/harness/cmake/report-counted"
  DESTINATION "${SOCKDRILL_INSTALL_CMAKEDIR}")

# --- pkg-config

sockdrill_way_up("${SOCKDRILL_INSTALL_PKGCONFIGDIR}" sockdrill_up)
set(modules sockdrill)
if(TARGET sockdrill_check)
  list(APPEND modules sockdrill-check)
endif()
foreach(module IN LISTS modules)
  configure_file("${package}/${module}.pc.in" "${made}/${module}.pc" @ONLY)
  install(FILES "${made}/${module}.pc" DESTINATION "${SOCKDRILL_INSTALL_PKGCONFIGDIR}")
endforeach()

# --- documents, with the project and the recipes that they tell of; and Vim's highlighting

set(documents README.md LICENSE scenarios/README.md reports/README.md reports/schema fixtures/adopter fixtures/recipes)
set(SOCKDRILL_DOCUMENTDIR "${PROJECT_BINARY_DIR}/share/doc/sockdrill")
file(GLOB_RECURSE document_files CONFIGURE_DEPENDS reports/schema/* fixtures/adopter/* fixtures/recipes/*)
add_custom_command(OUTPUT "${SOCKDRILL_DOCUMENTDIR}/README.md"
  COMMAND "${CMAKE_COMMAND}" -D "FROM=${PROJECT_SOURCE_DIR}" -D "TO=${SOCKDRILL_DOCUMENTDIR}" -D "DOCUMENTS=${documents}"
          -P "${PROJECT_SOURCE_DIR}/harness/cmake/Documents.cmake"
  DEPENDS harness/cmake/Documents.cmake README.md LICENSE scenarios/README.md reports/README.md ${document_files} VERBATIM)
add_custom_target(sockdrill_documents ALL DEPENDS "${SOCKDRILL_DOCUMENTDIR}/README.md")
install(DIRECTORY "${SOCKDRILL_DOCUMENTDIR}/" DESTINATION "${CMAKE_INSTALL_DOCDIR}" USE_SOURCE_PERMISSIONS)
install(DIRECTORY harness/editors/vim/ DESTINATION "${SOCKDRILL_INSTALL_VIMDIR}")

# --- packages: `cpack -G DEB` and `cpack -G TGZ` in the build folder

set(CPACK_PACKAGE_NAME sockdrill)
set(CPACK_PACKAGE_VENDOR "The sockdrill authors")
set(CPACK_PACKAGE_CONTACT "${SOCKDRILL_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "plays network conversations from text, and proves what happened")
set(CPACK_PACKAGE_DESCRIPTION "\
A scenario file says what a server and its concurrent clients do: which
bytes cross, and which states their sockets pass through. sockdrill plays
it over real sockets in a network of its own, without root, tells the first
byte that differs, who waited for what in a deadlock, and writes reports
for people and for CI servers.

This package has the program, protocol libraries, what CMake, pkg-config
and libcheck need to make scenarios a project's tests, and completions for
bash, zsh and fish.")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES TRUE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS "${package}/prepare.cmake")
set(CPACK_SOCKDRILL_PACKAGE "${package}")
set(CPACK_VERBATIM_VARIABLES TRUE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
# The C library is found in the program; the others are loaded, and no tool finds them: harness/README.md, "What it depends on".
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS TRUE)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libjansson4 (>= 2.10), libmnl0, libpcre2-8-0, libssl3, zlib1g (>= 1:1.2.9)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS libnftables1)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "check, cmake, gcovr, pkg-config")
include(CPack)
