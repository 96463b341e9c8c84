# bazar_library(NAME SOURCES … [DEPENDS …] [PCH target])  one static library a folder of src/, named bazar_NAME
# bazar_test(NAME SOURCES … [DEPENDS …])     one GoogleTest program, its cases registered with ctest;
#                                            WHOLE: as one test, where its cases share a server that is slow to start
# bazar_script_test(FILE [TIMEOUT s])        a script that is given the binary; exit code 77 means skipped
# bazar_fuzzer(NAME SOURCE … [DEPENDS …])    one libFuzzer program (asan preset; elsewhere its source is compiled)

# The heavy headers that most sources use, compiled once and shared.
add_library(bazar_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_link_libraries(bazar_pch PRIVATE fmt::fmt)
target_precompile_headers(bazar_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.hpp)

# The same for commands: CLI11 is slow to read.
add_library(bazar_commands_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_link_libraries(bazar_commands_pch PRIVATE fmt::fmt CLI11::CLI11)
target_precompile_headers(bazar_commands_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/commands_pch.hpp)

# The same for tests. Their own sources are not optimized: most of their compile time would go there, while what they test
# stays optimized as it is shipped.
add_library(bazar_test_pch STATIC ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_compile_options(bazar_test_pch PRIVATE -O0)
target_link_libraries(bazar_test_pch PRIVATE fmt::fmt GTest::gmock)
target_precompile_headers(bazar_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/test_pch.hpp)

function(bazar_library name)
  cmake_parse_arguments(ARG "" "PCH" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_PCH)
    set(ARG_PCH bazar_pch)
  endif()
  add_library(bazar_${name} STATIC ${ARG_SOURCES})
  target_include_directories(bazar_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(bazar_${name} PUBLIC Threads::Threads ${ARG_DEPENDS})
  target_precompile_headers(bazar_${name} REUSE_FROM ${ARG_PCH})
endfunction()

function(bazar_compile_as_test target)
  target_compile_options(${target} PRIVATE -O0)
  target_precompile_headers(${target} REUSE_FROM bazar_test_pch)
endfunction()

include(GoogleTest)
function(bazar_test name)
  cmake_parse_arguments(ARG "WHOLE" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  bazar_compile_as_test(${name})
  if(ARG_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  else()
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  endif()
endfunction()

# Debian's own interpreter: the packages of tools/packages.txt are for that one.
function(bazar_script_test file)
  cmake_parse_arguments(ARG "" "TIMEOUT" "" ${ARGN})
  get_filename_component(name ${file} NAME_WE)
  add_test(NAME ${name} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/${file} $<TARGET_FILE:bazar>)
  set_tests_properties(${name} PROPERTIES LABELS integration TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77)
endfunction()

function(bazar_fuzzer name)
  cmake_parse_arguments(ARG "" "SOURCE" "DEPENDS" ${ARGN})
  if(BAZAR_FUZZ)
    add_executable(${name} ${ARG_SOURCE})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    # Compiled by every preset, so that a change that breaks it is noticed where it is made.
    add_library(${name} OBJECT ${ARG_SOURCE})
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS})
  target_precompile_headers(${name} REUSE_FROM bazar_pch)
endfunction()
