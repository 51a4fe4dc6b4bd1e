# Copies a protocol library into the folder where all of them lie side by side: what it uses from a neighbour's folder then
# lies beside it.
#   cmake -D FROM=scenarios/websocket/websocket.drill -D TO=library/websocket.drill -P FlattenLibrary.cmake
cmake_minimum_required(VERSION 3.22)

file(READ "${FROM}" text)
while(text MATCHES "(^|\n)use \"([^\"\n]*/[^\"\n]*)\"")
  set(used "${CMAKE_MATCH_2}")
  if(NOT used MATCHES "^\\.\\./([^/]+)/([^/]+)\\.drill$" OR NOT CMAKE_MATCH_1 STREQUAL CMAKE_MATCH_2)
    message(FATAL_ERROR "${FROM}: \"${used}\" will not lie beside it: no ../NAME/NAME.drill")
  endif()
  string(REPLACE "use \"${used}\"" "use \"${CMAKE_MATCH_2}.drill\"" text "${text}")
endwhile()
file(WRITE "${TO}" "${text}")
