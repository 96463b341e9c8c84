# Every third-party library, all from Debian 12's packages (tools/install-dependencies).

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG COMPONENTS core)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SQLITE3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(MEMCACHED REQUIRED IMPORTED_TARGET libmemcached)
pkg_check_modules(EDIT REQUIRED IMPORTED_TARGET libedit)
find_library(SQLITECPP_LIBRARY SQLiteCpp REQUIRED)
find_library(CSV_LIBRARY csv REQUIRED)
find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)

# Coroutines only on epoll, and no deprecated Asio interfaces: one spelling for each thing.
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_NO_TS_EXECUTORS)
