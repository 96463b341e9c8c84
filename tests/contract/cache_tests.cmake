bazar_test(cache_storage_contract
  SOURCES
    cache_server_contract.cpp
    cache_server_process.cpp
    cache_storage_contract.cpp
    cache_storage_test.cpp
    fake_cache_server_test.cpp
    shared_cache_history_test.cpp
  DEPENDS bazar_frontend
  TIMEOUT 180
  LABELS contract)
