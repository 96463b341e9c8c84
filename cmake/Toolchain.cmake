# Compiler flags of every target. Sanitizers and fuzzers are chosen by preset, see CMakePresets.json.

set(BAZAR_SANITIZE "" CACHE STRING "Value for -fsanitize, empty for none")
option(BAZAR_FUZZ "Build the libFuzzer targets" OFF)

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Bazar is built with clang 19 or newer (docs/adr/0001-compiler.md); use a CMake preset")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -gline-tables-only")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -gline-tables-only")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wnull-dereference -Werror -fno-omit-frame-pointer -fcolor-diagnostics)
add_link_options(-fuse-ld=lld)

if(BAZAR_SANITIZE)
  # -O1 keeps the instrumented suites quick enough to run on every change.
  add_compile_options(-O1 -fsanitize=${BAZAR_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BAZAR_SANITIZE})
  add_compile_definitions(BAZAR_SANITIZED)
endif()

if(BAZAR_FUZZ)
  # Coverage in every library: a fuzzer that cannot see where its input leads is blind.
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # ccache reuses objects built with a precompiled header only if told that the header is stable.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
