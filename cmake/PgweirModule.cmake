# One static library for each folder of proxy/: a folder is no boundary, a link target is. A module sees the headers
# of proxy/ only through the targets it names, and third-party headers only where the table in ARCHITECTURE.md allows.
include_guard(GLOBAL)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(PGWEIR_FAULT_POINTS "Compile the named fault points used by tests" OFF)
# Not in the release build: there a file that lacks an #include does not compile.
option(PGWEIR_PRECOMPILE "Precompile the headers of the standard library for the modules, too" OFF)
set(PGWEIR_SANITIZE "" CACHE STRING "Sanitizers, comma separated")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()
find_program(MOLD mold)

add_library(pgweir_options INTERFACE)
target_include_directories(pgweir_options INTERFACE "${PROJECT_SOURCE_DIR}/proxy")
target_compile_options(pgweir_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Wextra-semi -Wswitch-enum -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(pgweir_options INTERFACE -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wuseless-cast)
  # GCC's thread sanitizer does not know Asio's fences.
  target_compile_options(pgweir_options INTERFACE -Wno-tsan)
  # GCC 12 reports the inlined internals of std::string and std::variant as overflowing; optimised builds only.
  target_compile_options(pgweir_options INTERFACE $<$<CONFIG:RelWithDebInfo>:-Wno-error=maybe-uninitialized
    -Wno-error=stringop-overflow -Wno-error=restrict -Wno-error=array-bounds>)
endif()
target_compile_definitions(pgweir_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  $<$<BOOL:${PGWEIR_FAULT_POINTS}>:PGWEIR_FAULT_POINTS>)
if(PGWEIR_SANITIZE)
  target_compile_options(pgweir_options INTERFACE -fsanitize=${PGWEIR_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer -g1)
  # The check of virtual tables reads memory through a pipe: without a free descriptor it reports a sound object, and
  # running out of descriptors is something that is tested.
  target_compile_options(pgweir_options INTERFACE -fno-sanitize=vptr)
  target_link_options(pgweir_options INTERFACE -fsanitize=${PGWEIR_SANITIZE})
  # Recycled coroutine frames would hide a use after free from the sanitizer.
  target_compile_definitions(pgweir_options INTERFACE _GLIBCXX_ASSERTIONS
    BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
elseif(MOLD)
  target_link_options(pgweir_options INTERFACE -fuse-ld=mold)
endif()

# pgweir_precompile(TARGET GROUP [header...])
# Parsing the standard library is half of what a file takes to compile. The first target of a group parses it for all.
function(pgweir_precompile target group)
  get_property(first GLOBAL PROPERTY pgweir_precompiled_${group})
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    target_precompile_headers(${target} PRIVATE <algorithm> <chrono> <deque> <functional> <map> <memory> <optional>
      <set> <string> <string_view> <unordered_map> <utility> <variant> <vector> ${ARGN})
    set_property(GLOBAL PROPERTY pgweir_precompiled_${group} ${target})
  endif()
endfunction()

# pgweir_module(NAME [DEPENDS module...] [USES third-party target...])
# Adds the library pgweir_NAME from proxy/NAME/*.cpp. DEPENDS names modules of ours whose headers this one includes.
function(pgweir_module name)
  cmake_parse_arguments(arg "" "" "DEPENDS;USES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  if(sources)
    add_library(pgweir_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(pgweir_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  list(TRANSFORM arg_DEPENDS PREPEND pgweir_)
  target_link_libraries(pgweir_${name} ${scope} pgweir_options ${arg_DEPENDS} ${arg_USES})
  if(sources AND PGWEIR_PRECOMPILE)
    pgweir_precompile(pgweir_${name} module)
  endif()
endfunction()

# pgweir_unit_tests(NAME): the gtest executable of tests/unit/NAME/*_test.cpp, one ctest entry for each test case.
function(pgweir_unit_tests name)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/unit/${name}/*_test.cpp")
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_test ${sources})
  target_include_directories(${name}_test PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/unit")
  target_link_libraries(${name}_test PRIVATE pgweir_${name} GTest::gmock GTest::gtest_main)
  # What is tested is optimised; optimising the tests would double the time that they take to compile.
  target_compile_options(${name}_test PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0>)
  # GoogleTest's macros trip a few of our own warnings.
  target_compile_options(${name}_test PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-duplicated-branches>)
  pgweir_precompile(${name}_test test <gmock/gmock.h> <gtest/gtest.h>)
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES LABELS unit)
endfunction()
