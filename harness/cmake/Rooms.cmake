# sockdrill_room(NAME [ROOMS lower-rooms...] [LIBRARIES libraries...])
#
# A room is a static library `sockdrill_NAME` of the *.c files of its folder. Its public headers stand in
# include/NAME/, its private ones beside the code. It sees the headers of the ROOMS it names and of those below
# them, so that an include from a higher floor does not compile.
function(sockdrill_room name)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "ROOMS;LIBRARIES")
  file(GLOB sources CONFIGURE_DEPENDS "*.c")
  add_library(sockdrill_${name} STATIC ${sources})
  target_compile_options(sockdrill_${name} PRIVATE "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=") # no folder of ours in a package
  target_include_directories(sockdrill_${name} PUBLIC include PRIVATE .)
  foreach(lower IN LISTS room_ROOMS)
    target_link_libraries(sockdrill_${name} PUBLIC sockdrill_${lower})
  endforeach()
  target_link_libraries(sockdrill_${name} PRIVATE ${room_LIBRARIES})
endfunction()
