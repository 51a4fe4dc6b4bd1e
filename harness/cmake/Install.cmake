# Where what a room installs goes. PREFIX may be moved afterwards: nothing has it compiled in, everything finds the rest
# relative to itself. Rooms say install() only where SOCKDRILL_INSTALL is on, with these folders, which are relative:
#
#   CMAKE_INSTALL_BINDIR, _LIBDIR, _INCLUDEDIR, _MANDIR, _DOCDIR, _DATADIR   GNUInstallDirs
#   SOCKDRILL_INSTALL_LIBRARYDIR   protocol libraries: what `use <NAME>` finds
#   SOCKDRILL_INSTALL_CMAKEDIR     what find_package(sockdrill) reads
#   SOCKDRILL_INSTALL_PKGCONFIGDIR
#   SOCKDRILL_INSTALL_BASHDIR, _ZSHDIR, _FISHDIR   completions
#   SOCKDRILL_INSTALL_VIMDIR       a folder of Vim's runtimepath
#
# The build tree has the same shape for what the program looks for: bin/ and SOCKDRILL_LIBRARYDIR.
include(GNUInstallDirs)

option(SOCKDRILL_INSTALL "Install it with `cmake --install`, and pack it with cpack" ${PROJECT_IS_TOP_LEVEL})

set(SOCKDRILL_PACKAGE_CONTACT "The sockdrill authors <sockdrill@localhost>" CACHE STRING
  "Whom the packages that cpack makes name as their maintainer")

set(SOCKDRILL_INSTALL_LIBRARYDIR "share/sockdrill/library") # the program looks for it at this place beside its own folder
set(SOCKDRILL_INSTALL_CMAKEDIR "${CMAKE_INSTALL_LIBDIR}/cmake/sockdrill")
set(SOCKDRILL_INSTALL_PKGCONFIGDIR "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
set(SOCKDRILL_INSTALL_BASHDIR "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
set(SOCKDRILL_INSTALL_ZSHDIR "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
set(SOCKDRILL_INSTALL_FISHDIR "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
set(SOCKDRILL_INSTALL_VIMDIR "${CMAKE_INSTALL_DATADIR}/vim/vimfiles")

set(SOCKDRILL_LIBRARYDIR "${PROJECT_BINARY_DIR}/${SOCKDRILL_INSTALL_LIBRARYDIR}")
